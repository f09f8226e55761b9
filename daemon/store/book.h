// The incident book: what the engine wanted done, durable before anybody is told. SQLite file; see docs/adr/0003.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "daemon/store/records.h"
#include "daemon/store/sqlite.h"
#include "outrider/alert.h"
#include "outrider/effect.h"
#include "outrider/result.h"
#include "outrider/time.h"

namespace outrider::app {

/// The writer. One thread at a time: opened where errors can still stop the start, then handed to the writer's thread.
/// Everything committed survives kill -9 and a power cut.
class Book {
public:
    /// Opens the book, making or migrating it when needed. The state directory must exist. Fails, with the path and the
    /// reason, on a missing directory, a file that is no book, a read-only one, a newer schema, a full disk.
    static Result<Book> open(const std::string& path);

    /// Records all effects of one event and the messages they owe to each of `webhook_notifiers`, or none of them.
    /// Committing the same effects again changes nothing: an incident is opened, resolved and announced once.
    /// On failure (disk full, locked, the file moved away) nothing is recorded and the book stays usable: call again.
    Status commit(const Effects& effects, std::span<const std::string> webhook_notifiers);

    /// What the engine goes on from: pending and firing alerts, and those resolved in the 15 min before `now`.
    Result<std::vector<Alert>> load_alerts(Instant now) { return read_alerts(connection_, now); }

    /// At most `limit` incidents with their timelines, newest first.
    Result<std::vector<IncidentRecord>> incidents(IncidentFilter filter, std::size_t limit) {
        return read_incidents(connection_, filter, limit);
    }

    /// 16 hex digits, drawn when the book was made: tells this book's row 7 from another's.
    [[nodiscard]] const std::string& id() const noexcept { return id_; }

private:
    Book(sqlite::Connection connection, std::string id) : connection_(std::move(connection)), id_(std::move(id)) {}
    sqlite::Connection connection_;
    std::string id_;
};

/// The book as the web thread sees it: its own connection, which refuses to change anything and never waits for the
/// writer. One thread at a time. Sees every commit that finished before the call.
class BookView {
public:
    /// The book must exist: open the Book first.
    static Result<BookView> open(const std::string& path);

    Result<std::vector<IncidentRecord>> incidents(IncidentFilter filter, std::size_t limit) {
        return read_incidents(connection_, filter, limit);
    }
    Result<std::optional<IncidentRecord>> incident(std::int64_t id) { return read_incident(connection_, id); }
    Result<std::vector<Alert>> alerts(Instant now) { return read_alerts(connection_, now); }

private:
    explicit BookView(sqlite::Connection connection) : connection_(std::move(connection)) {}
    sqlite::Connection connection_;
};

}  // namespace outrider::app
