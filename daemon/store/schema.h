// The book's tables: one text for SQLite 3.40 and PostgreSQL 15, and its changes by number.
#pragma once

#include <string_view>

#include "daemon/store/sqlite.h"
#include "outrider/result.h"

namespace outrider::app {

struct Migration {
    int version;           ///< 1, 2, 3 …, without gaps
    std::string_view sql;  ///< any number of statements; never edited once released
};

/// The newest schema this program knows.
[[nodiscard]] int schema_version() noexcept;

/// Brings the database to schema_version(), in one transaction. Fails on a database that is something else than a book,
/// and on a book from a newer program, without changing either.
Status migrate(sqlite::Connection& connection);

}  // namespace outrider::app
