// SQLite as this program uses it: values in, rows out, errors as one line. The only file pair that calls sqlite3.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "outrider/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace outrider::app::sqlite {

/// monostate is SQL's NULL. A NaN is stored as NULL: SQLite knows no other way.
using Value = std::variant<std::monostate, std::int64_t, double, std::string>;

/// One row of a result. Asking for a column as another type than it has gives 0 or empty text.
class Row {
public:
    explicit Row(std::vector<Value> values) : values_(std::move(values)) {}
    [[nodiscard]] bool is_null(std::size_t column) const {
        return std::holds_alternative<std::monostate>(values_[column]);
    }
    [[nodiscard]] std::int64_t integer(std::size_t column) const;
    [[nodiscard]] double real(std::size_t column) const;  ///< NULL is NaN
    [[nodiscard]] const std::string& text(std::size_t column) const;

private:
    std::vector<Value> values_;
};
using Rows = std::vector<Row>;

enum class Mode {
    create,      ///< read and write; made when missing
    read_write,  ///< read and write; must exist
    read,        ///< must exist; refuses every change
};

/// An open database file, synchronous=FULL, foreign keys on. Used by one thread at a time; it may be handed
/// from the thread that opens it to the one that uses it.
class Connection {
public:
    /// Waits up to 5 s for another writer. Fails, saying which, when the folder is missing, the file is missing, not a
    /// database, or cannot be written.
    static Result<Connection> open(const std::string& path, Mode mode);

    /// Runs one statement; `arguments` are $1, $2 … of its text. A text is compiled once and kept.
    Result<Rows> query(std::string_view sql, std::initializer_list<Value> arguments = {});

    /// Runs one statement whose rows, if any, are of no interest.
    Status run(std::string_view sql, std::initializer_list<Value> arguments = {});

    /// Runs any number of statements without arguments.
    Status script(const std::string& sql);

    /// Lets readers go on while one writes. A property of the file, so set once; not inside a transaction.
    Status use_wal();

    /// True when `name` is a table here.
    Result<bool> has_table(const std::string& name);
    /// True when the database has no table at all.
    Result<bool> empty();

    /// True once the file was moved, removed or replaced under this connection: what is written goes nowhere.
    [[nodiscard]] bool file_is_gone() const noexcept;

    [[nodiscard]] const std::string& path() const noexcept { return path_; }

private:
    friend class Transaction;
    struct Close {
        void operator()(sqlite3* db) const noexcept;
    };
    struct Finalize {
        void operator()(sqlite3_stmt* statement) const noexcept;
    };
    using StatementPtr = std::unique_ptr<sqlite3_stmt, Finalize>;

    Connection(std::string path, sqlite3* db) : path_(std::move(path)), db_(db) {}
    Status configure(Mode mode);
    Result<sqlite3_stmt*> prepared(std::string_view sql);
    [[nodiscard]] Error failure(int code) const;

    std::string path_;
    std::unique_ptr<sqlite3, Close> db_;
    std::unordered_map<std::string, StatementPtr> statements_;  // destroyed before db_
};

/// All or nothing: rolled back when destroyed uncommitted. Holds the write lock from the start, so that no statement in
/// it can find the database locked.
class Transaction {
public:
    static Result<Transaction> begin(Connection& connection);
    Status commit();

    Transaction(Transaction&& other) noexcept : connection_(std::exchange(other.connection_, nullptr)) {}
    Transaction& operator=(Transaction&&) = delete;
    ~Transaction();

private:
    explicit Transaction(Connection& connection) : connection_(&connection) {}
    void roll_back() noexcept;
    Connection* connection_;
};

}  // namespace outrider::app::sqlite
