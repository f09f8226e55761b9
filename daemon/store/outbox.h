// Messages owed, and who is sending them. At least once: a sender that dies loses its lease, not the message.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "daemon/store/sqlite.h"
#include "outrider/result.h"
#include "outrider/time.h"

namespace outrider::app {

struct OutboxItem {
    std::int64_t id = 0;
    std::int64_t incident = 0;
    std::string payload;          ///< a Notice as JSON
    std::int64_t attempts = 0;    ///< this one included: 1 on the first
    std::string idempotency_key;  ///< `<book id>-<row id>`: the same each time this message is sent
};

/// One sender's access to the outbox. Each dispatcher thread opens its own; one thread at a time. Several senders, also
/// in several processes, may serve one notifier: each message is leased to one of them.
class Outbox {
public:
    /// The book must exist: open the Book first.
    static Result<Outbox> open(const std::string& path);

    /// The next message for `notifier` that is due at `now`, leased until `now + lease`; nullopt when none is. A
    /// resolved is never claimed before the firing of its incident was delivered or parked.
    Result<std::optional<OutboxItem>> claim(const std::string& notifier, Instant now, Duration lease);

    Status delivered(std::int64_t id, Instant at);
    /// Gives the lease back; due again at `at`.
    Status retry_at(std::int64_t id, Instant at);
    /// Never sent again; the row stays and shows `reason`.
    Status park(std::int64_t id, const std::string& reason);

    /// When a claim for `notifier` may find something: a moment in the past means now; nullopt, not before a commit.
    Result<std::optional<Instant>> next_due(const std::string& notifier);

private:
    Outbox(sqlite::Connection connection, std::string book_id)
        : connection_(std::move(connection)), book_id_(std::move(book_id)) {}
    sqlite::Connection connection_;
    std::string book_id_;
};

}  // namespace outrider::app
