#include "daemon/store/outbox.h"

#include "daemon/store/columns.h"

namespace outrider::app {

// A message's life, for one notifier (columns that are NULL are left out):
//
//   what happens            attempts  next_attempt_at  lease_until  delivered_at  parked_reason   claimable
//   commit                      0            0                                                    at once
//   claim(now, lease)           1            0          now+lease                                 from now+lease
//   … the sender dies           1            0          now+lease                                 from now+lease
//   retry_at(t)                 1            t                                                    from t
//   delivered(t)                1                                        t                        never
//   park(reason)                1                                                     reason      never

Result<Outbox> Outbox::open(const std::string& path) {
    auto connection = sqlite::Connection::open(path, sqlite::Mode::read_write);
    if (!connection) return connection.error();
    const auto rows = connection->query("SELECT value FROM book WHERE name = 'book_id'");
    if (!rows) return rows.error();
    if (rows->empty()) return Error{path + ": want a book with an id, found none: open the book first"};
    return Outbox{std::move(*connection), rows->front().text(0)};
}

Result<std::optional<OutboxItem>> Outbox::claim(const std::string& notifier, Instant now, Duration lease) {
    // On PostgreSQL the inner SELECT ends in FOR UPDATE SKIP LOCKED; SQLite has one writer and needs no row locks.
    const auto rows = connection_.query(
        "UPDATE outbox SET lease_until = $3, attempts = attempts + 1 WHERE id = ("
        " SELECT owed.id FROM outbox AS owed WHERE owed.notifier = $1"
        " AND owed.delivered_at IS NULL AND owed.parked_reason IS NULL AND owed.next_attempt_at <= $2"
        " AND (owed.lease_until IS NULL OR owed.lease_until <= $2)"
        " AND NOT EXISTS (SELECT 1 FROM outbox AS before WHERE before.incident_id = owed.incident_id"
        "  AND before.notifier = owed.notifier AND before.id < owed.id"
        "  AND before.delivered_at IS NULL AND before.parked_reason IS NULL)"
        " ORDER BY owed.next_attempt_at, owed.id LIMIT 1)"
        " RETURNING id, incident_id, payload, attempts",
        {notifier, to_column(now), to_column(now + lease)});
    if (!rows) return rows.error();
    if (rows->empty()) return std::optional<OutboxItem>{};
    const auto& row = rows->front();
    return std::optional{OutboxItem{.id = row.integer(0),
                                    .incident = row.integer(1),
                                    .payload = row.text(2),
                                    .attempts = row.integer(3),
                                    .idempotency_key = book_id_ + "-" + std::to_string(row.integer(0))}};
}

Status Outbox::delivered(std::int64_t id, Instant at) {
    return connection_.run("UPDATE outbox SET delivered_at = $2, lease_until = NULL WHERE id = $1",
                           {id, to_column(at)});
}

Status Outbox::retry_at(std::int64_t id, Instant at) {
    return connection_.run("UPDATE outbox SET next_attempt_at = $2, lease_until = NULL WHERE id = $1",
                           {id, to_column(at)});
}

Status Outbox::park(std::int64_t id, const std::string& reason) {
    return connection_.run("UPDATE outbox SET parked_reason = $2, lease_until = NULL WHERE id = $1", {id, reason});
}

Result<std::optional<Instant>> Outbox::next_due(const std::string& notifier) {
    const auto rows = connection_.query(
        "SELECT MIN(CASE WHEN lease_until > next_attempt_at THEN lease_until ELSE next_attempt_at END) FROM outbox"
        " WHERE notifier = $1 AND delivered_at IS NULL AND parked_reason IS NULL AND NOT EXISTS ("
        "  SELECT 1 FROM outbox AS before WHERE before.incident_id = outbox.incident_id"
        "  AND before.notifier = outbox.notifier AND before.id < outbox.id"
        "  AND before.delivered_at IS NULL AND before.parked_reason IS NULL)",
        {notifier});
    if (!rows) return rows.error();
    return maybe_instant_in(rows->front(), 0);
}

}  // namespace outrider::app
