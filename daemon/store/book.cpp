#include "daemon/store/book.h"

#include <array>
#include <cstdio>
#include <random>

#include "daemon/store/effect_writer.h"
#include "daemon/store/schema.h"

namespace outrider::app {
namespace {

std::string random_id() {
    std::random_device random;
    std::array<char, 17> text{};
    std::snprintf(text.data(), text.size(), "%08x%08x", random(), random());
    return text.data();
}

/// The book's id, drawn now if this is its first opening; a second process opening it at the same time gets the same.
Result<std::string> book_id(sqlite::Connection& connection) {
    const auto read = [&]() -> Result<std::string> {
        const auto rows = connection.query("SELECT value FROM book WHERE name = 'book_id'");
        if (!rows) return rows.error();
        return rows->empty() ? std::string{} : rows->front().text(0);
    };
    if (auto known = read(); !known || !known->empty()) return known;
    auto status = connection.run("INSERT INTO book (name, value) VALUES ('book_id', $1) ON CONFLICT (name) DO NOTHING",
                                 {random_id()});
    if (!status) return status.error();
    return read();
}

}  // namespace

Result<Book> Book::open(const std::string& path) {
    auto connection = sqlite::Connection::open(path, sqlite::Mode::create);
    if (!connection) return connection.error();
    if (auto status = migrate(*connection); !status) return status.error();
    auto id = book_id(*connection);
    if (!id) return id.error();
    return Book{std::move(*connection), std::move(*id)};
}

Status Book::commit(const Effects& effects, std::span<const std::string> webhook_notifiers) {
    if (effects.empty()) return Done{};
    // SQLite would go on writing to a file that nobody can find again.
    if (connection_.file_is_gone())
        return Error{connection_.path() + ": the file was moved or removed while in use: put it back, or restart"};
    auto transaction = sqlite::Transaction::begin(connection_);
    if (!transaction) return transaction.error();
    EffectWriter writer{connection_, webhook_notifiers};
    if (auto status = writer.write(effects); !status) return status;  // rolled back
    return transaction->commit();
}

Result<BookView> BookView::open(const std::string& path) {
    auto connection = sqlite::Connection::open(path, sqlite::Mode::read);
    if (!connection) return connection.error();
    return BookView{std::move(*connection)};
}

}  // namespace outrider::app
