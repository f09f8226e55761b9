#include "daemon/store/schema.h"

#include <algorithm>
#include <array>
#include <string>

namespace outrider::app {
namespace {

// What both databases take, and mean the same by:
// * Moments are BIGINT nanoseconds of UTC since 1970: the program's Instant, exact, ordered, without a time zone.
// * Ids come from `counter`, in the transaction that uses them. SQLite numbers rows by INTEGER PRIMARY KEY, PostgreSQL
//   by GENERATED … AS IDENTITY, and neither takes the other's word; MAX(id) + 1 would give a deleted row's id again,
//   and an outbox id is half of an idempotency key, which must never come back.
// * Sets of labels are JSON objects in TEXT; next to the one that identifies stands its canonical text, which is what
// is
//   unique and what groupKey prints.
// * A state is a word, kept honest by CHECK.
// * Both have partial indexes, ON CONFLICT on them, and RETURNING.
constexpr std::string_view kVersion1 = R"sql(
CREATE TABLE book (
    name TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
);
CREATE TABLE counter (
    name TEXT NOT NULL PRIMARY KEY,
    value BIGINT NOT NULL
);
CREATE TABLE alert (
    identity TEXT NOT NULL PRIMARY KEY,
    labels TEXT NOT NULL,
    annotations TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('pending', 'firing', 'resolved')),
    value DOUBLE PRECISION,
    active_at BIGINT NOT NULL,
    fired_at BIGINT,
    resolved_at BIGINT,
    false_since BIGINT
);
CREATE INDEX alert_resolved ON alert (resolved_at) WHERE state = 'resolved';
CREATE TABLE incident (
    id BIGINT NOT NULL PRIMARY KEY,
    incident_key TEXT NOT NULL,
    key_labels TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'resolved')),
    priority TEXT NOT NULL,
    scope TEXT NOT NULL,
    confidence DOUBLE PRECISION,
    evidence TEXT NOT NULL,
    summary TEXT NOT NULL,
    switch_to TEXT NOT NULL,
    onset BIGINT NOT NULL,
    opened_at BIGINT NOT NULL,
    resolved_at BIGINT,
    openings BIGINT NOT NULL,
    notice TEXT NOT NULL
);
CREATE UNIQUE INDEX incident_open ON incident (incident_key) WHERE state = 'open';
CREATE INDEX incident_by_key ON incident (incident_key, opened_at);
CREATE TABLE timeline (
    incident_id BIGINT NOT NULL REFERENCES incident (id),
    position BIGINT NOT NULL,
    at BIGINT NOT NULL,
    kind TEXT NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (incident_id, position)
);
CREATE TABLE outbox (
    id BIGINT NOT NULL PRIMARY KEY,
    notifier TEXT NOT NULL,
    incident_id BIGINT NOT NULL REFERENCES incident (id),
    status TEXT NOT NULL CHECK (status IN ('firing', 'resolved')),
    payload TEXT NOT NULL,
    attempts BIGINT NOT NULL,
    next_attempt_at BIGINT NOT NULL,
    lease_until BIGINT,
    delivered_at BIGINT,
    parked_reason TEXT
);
CREATE UNIQUE INDEX outbox_once ON outbox (incident_id, notifier, status);
CREATE INDEX outbox_owed ON outbox (notifier, next_attempt_at, id)
    WHERE delivered_at IS NULL AND parked_reason IS NULL;
CREATE INDEX outbox_delivered ON outbox (delivered_at) WHERE delivered_at IS NOT NULL;
)sql";

constexpr std::array kMigrations{Migration{1, kVersion1}};

static_assert([] {
    for (std::size_t i = 0; i < kMigrations.size(); ++i)
        if (kMigrations[i].version != static_cast<int>(i) + 1) return false;
    return true;
}());

/// 0 for a database without any table.
Result<int> version_found(sqlite::Connection& connection) {
    const auto versioned = connection.has_table("schema_version");
    if (!versioned) return versioned.error();
    if (!*versioned) {
        const auto empty = connection.empty();
        if (!empty) return empty.error();
        if (!*empty) return Error{connection.path() + ": not an Outrider book: a SQLite database of another program"};
        return 0;
    }
    const auto rows = connection.query("SELECT MAX(version) FROM schema_version");
    if (!rows) return rows.error();
    return rows->empty() ? 0 : static_cast<int>(rows->front().integer(0));
}

Status check_version(const sqlite::Connection& connection, int found) {
    if (found <= schema_version()) return Done{};
    return Error{connection.path() + ": want schema version " + std::to_string(schema_version()) + " or older, found " +
                 std::to_string(found) + ": the book was written by a newer Outrider"};
}

}  // namespace

int schema_version() noexcept { return kMigrations.back().version; }

Status migrate(sqlite::Connection& connection) {
    // Without a lock first: the usual start finds nothing to do, and must not wait for a writer to see that.
    auto found = version_found(connection);
    if (!found) return found.error();
    if (*found == schema_version()) return Done{};
    if (auto status = check_version(connection, *found); !status) return status;

    if (auto status = connection.use_wal(); !status) return status;
    auto transaction = sqlite::Transaction::begin(connection);
    if (!transaction) return transaction.error();
    found = version_found(connection);  // another process may have migrated meanwhile
    if (!found) return found.error();
    if (auto status = check_version(connection, *found); !status) return status;
    if (*found == 0) {
        auto status = connection.run("CREATE TABLE schema_version (version BIGINT NOT NULL PRIMARY KEY)");
        if (!status) return status;
    }
    for (const auto& [version, sql] : kMigrations) {
        if (version <= *found) continue;
        if (auto status = connection.script(std::string{sql}); !status) return status;
        auto status = connection.run("INSERT INTO schema_version (version) VALUES ($1)", {std::int64_t{version}});
        if (!status) return status;
    }
    return transaction->commit();
}

}  // namespace outrider::app
