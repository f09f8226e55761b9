#include "daemon/store/sqlite.h"

#include <sqlite3.h>

#include <cassert>
#include <cmath>
#include <filesystem>
#include <limits>
#include <optional>
#include <system_error>

namespace outrider::app::sqlite {
namespace {

// Long enough for a checkpoint on a slow disk, short enough that a dispatcher notices a stuck writer.
constexpr int kBusyMilliseconds = 5000;

int bind(sqlite3_stmt* statement, int index, const Value& value) {
    struct Visitor {
        sqlite3_stmt* statement;
        int index;
        int operator()(std::monostate) const { return sqlite3_bind_null(statement, index); }
        int operator()(std::int64_t number) const { return sqlite3_bind_int64(statement, index, number); }
        int operator()(double number) const { return sqlite3_bind_double(statement, index, number); }
        int operator()(const std::string& text) const {
            // A null destructor means: not copied. The text outlives the statement's run, and is unbound after it.
            return sqlite3_bind_text64(statement, index, text.data(), text.size(), nullptr, SQLITE_UTF8);
        }
    };
    return std::visit(Visitor{statement, index}, value);
}

int bind_all(sqlite3_stmt* statement, std::initializer_list<Value> arguments) {
    int number = 0;
    for (const auto& argument : arguments) {
        // By name: SQLite numbers $3 by its place in the text, PostgreSQL by its digit.
        const auto name = "$" + std::to_string(++number);
        const int index = sqlite3_bind_parameter_index(statement, name.c_str());
        if (const int code = bind(statement, index, argument); code != SQLITE_OK) return code;
    }
    return SQLITE_OK;
}

Value column(sqlite3_stmt* statement, int index) {
    switch (sqlite3_column_type(statement, index)) {
        case SQLITE_INTEGER: return std::int64_t{sqlite3_column_int64(statement, index)};
        case SQLITE_FLOAT: return sqlite3_column_double(statement, index);
        case SQLITE_NULL: return std::monostate{};
        default: break;  // text; we store no blobs
    }
    const void* bytes = sqlite3_column_blob(statement, index);
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement, index));
    return bytes == nullptr ? std::string{} : std::string{static_cast<const char*>(bytes), size};
}

Row row(sqlite3_stmt* statement) {
    std::vector<Value> values;
    const int count = sqlite3_column_count(statement);
    values.reserve(static_cast<std::size_t>(count));
    for (int i = 0; i < count; ++i) values.push_back(column(statement, i));
    return Row{std::move(values)};
}

/// What an operator can act on, before SQLite's own words.
std::string_view advice(int code) {
    switch (code & 0xFF) {
        case SQLITE_NOTADB: return "not an Outrider book: the file is no SQLite database";
        case SQLITE_CORRUPT: return "the database is damaged: restore a backup or move the file away";
        case SQLITE_READONLY: return "cannot be written: the file or its folder is read-only";
        case SQLITE_FULL: return "disk full";
        case SQLITE_BUSY: return "locked by another process for longer than 5 s";
        case SQLITE_CANTOPEN: return "cannot be opened";
        case SQLITE_PERM: return "permission denied";
        case SQLITE_IOERR: return "the disk failed";
        default: return "SQLite refused";
    }
}

Status check_place(const std::string& path, Mode mode) {
    namespace fs = std::filesystem;
    std::error_code ignored;
    const auto folder = fs::path{path}.has_parent_path() ? fs::path{path}.parent_path() : fs::path{"."};
    if (!fs::is_directory(folder, ignored))
        return Error{path + ": want an existing state directory, found no directory " + folder.string()};
    if (fs::is_directory(path, ignored)) return Error{path + ": want a file, found a directory"};
    if (mode != Mode::create && !fs::exists(path, ignored)) return Error{path + ": no such book"};
    return Done{};
}

}  // namespace

std::int64_t Row::integer(std::size_t column) const {
    const auto* number = std::get_if<std::int64_t>(&values_[column]);
    return number == nullptr ? 0 : *number;
}

double Row::real(std::size_t column) const {
    if (is_null(column)) return std::numeric_limits<double>::quiet_NaN();
    if (const auto* number = std::get_if<double>(&values_[column])) return *number;
    return static_cast<double>(integer(column));
}

const std::string& Row::text(std::size_t column) const {
    static const std::string none;
    const auto* text = std::get_if<std::string>(&values_[column]);
    return text == nullptr ? none : *text;
}

void Connection::Close::operator()(sqlite3* db) const noexcept { sqlite3_close_v2(db); }
void Connection::Finalize::operator()(sqlite3_stmt* statement) const noexcept { sqlite3_finalize(statement); }

Error Connection::failure(int code) const {
    std::string text = path_ + ": " + std::string{advice(code)} + " (" + sqlite3_errstr(code);
    if (db_) {
        const std::string_view detail = sqlite3_errmsg(db_.get());
        if (detail != sqlite3_errstr(code)) text += std::string{": "} + std::string{detail};
        const int primary = code & 0xFF;
        const int system = sqlite3_system_errno(db_.get());
        if (system != 0 && (primary == SQLITE_CANTOPEN || primary == SQLITE_IOERR))
            text += ": " + std::generic_category().message(system);
    }
    return Error{text + ")"};
}

Result<Connection> Connection::open(const std::string& path, Mode mode) {
    if (auto place = check_place(path, mode); !place) return place.error();
    const int create = mode == Mode::create ? SQLITE_OPEN_CREATE : 0;
    sqlite3* db = nullptr;
    // NOMUTEX: one thread at a time is the rule of this class. Also a reader opens for writing, because a WAL database
    // needs its shared-memory file; query_only below is what keeps it from changing anything.
    const int code = sqlite3_open_v2(path.c_str(), &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | create, nullptr);
    Connection connection{path, db};
    if (code != SQLITE_OK) return connection.failure(code);
    if (auto configured = connection.configure(mode); !configured) return configured.error();
    return connection;
}

Status Connection::configure(Mode mode) {
    sqlite3_extended_result_codes(db_.get(), 1);
    sqlite3_busy_timeout(db_.get(), kBusyMilliseconds);
    // Asked to write, SQLite silently opens a file it may not write for reading.
    if (sqlite3_db_readonly(db_.get(), "main") == 1) return failure(SQLITE_READONLY);
    // The first touch of the file's content: what is no database is found here.
    if (auto status = run("PRAGMA schema_version"); !status) return status;
    if (auto status = run("PRAGMA synchronous=FULL"); !status) return status;  // a commit survives a power cut
    if (auto status = run("PRAGMA foreign_keys=ON"); !status) return status;
    return mode == Mode::read ? run("PRAGMA query_only=ON") : Status{Done{}};
}

Status Connection::use_wal() {
    const auto journal = query("PRAGMA journal_mode=WAL");
    if (!journal) return journal.error();
    if (journal->empty() || journal->front().text(0) != "wal")
        return Error{path_ + ": wanted write-ahead logging, found a file system that cannot do it"};
    return Done{};
}

Result<sqlite3_stmt*> Connection::prepared(std::string_view sql) {
    std::string text{sql};
    if (const auto found = statements_.find(text); found != statements_.end()) return found->second.get();
    sqlite3_stmt* statement = nullptr;
    const int code = sqlite3_prepare_v3(db_.get(), text.data(), static_cast<int>(text.size()),
                                        SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
    if (code != SQLITE_OK) return failure(code);
    statements_.emplace(std::move(text), StatementPtr{statement});
    return statement;
}

Result<Rows> Connection::query(std::string_view sql, std::initializer_list<Value> arguments) {
    const auto prepared_statement = prepared(sql);
    if (!prepared_statement) return prepared_statement.error();
    sqlite3_stmt* statement = *prepared_statement;
    Rows rows;
    int code = bind_all(statement, arguments);
    if (code == SQLITE_OK) {
        while ((code = sqlite3_step(statement)) == SQLITE_ROW) rows.push_back(row(statement));
    }
    std::optional<Error> error;
    if (code != SQLITE_DONE) error = failure(code);  // before the reset, which may change the message
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
    if (error) return *std::move(error);
    return rows;
}

bool Connection::file_is_gone() const noexcept {
    int moved = 0;
    return sqlite3_file_control(db_.get(), nullptr, SQLITE_FCNTL_HAS_MOVED, &moved) == SQLITE_OK && moved != 0;
}

Status Connection::run(std::string_view sql, std::initializer_list<Value> arguments) {
    const auto rows = query(sql, arguments);
    if (!rows) return rows.error();
    return Done{};
}

Status Connection::script(const std::string& sql) {
    const int code = sqlite3_exec(db_.get(), sql.c_str(), nullptr, nullptr, nullptr);
    if (code != SQLITE_OK) return failure(code);
    return Done{};
}

Result<bool> Connection::has_table(const std::string& name) {
    const auto rows = query("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = $1", {name});
    if (!rows) return rows.error();
    return !rows->empty();
}

Result<bool> Connection::empty() {
    const auto rows = query("SELECT 1 FROM sqlite_master LIMIT 1");
    if (!rows) return rows.error();
    return rows->empty();
}

Result<Transaction> Transaction::begin(Connection& connection) {
    if (auto status = connection.run("BEGIN IMMEDIATE"); !status) return status.error();
    return Transaction{connection};
}

Status Transaction::commit() {
    assert(connection_ != nullptr);
    auto status = connection_->run("COMMIT");
    if (!status) roll_back();
    connection_ = nullptr;
    return status;
}

Transaction::~Transaction() {
    if (connection_ != nullptr) roll_back();
}

void Transaction::roll_back() noexcept {
    // A full disk has already rolled back by itself: then there is nothing left to do.
    if (sqlite3_get_autocommit(connection_->db_.get()) == 0) (void)connection_->run("ROLLBACK");
}

}  // namespace outrider::app::sqlite
