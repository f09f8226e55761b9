#include "daemon/store/records.h"

#include <algorithm>
#include <initializer_list>
#include <iterator>
#include <string_view>
#include <utility>

#include "daemon/store/columns.h"
#include "daemon/store/notice.h"

namespace outrider::app {
namespace {

// Read by position in incident_in.
constexpr std::string_view kIncidentColumns =
    "SELECT id, key_labels, state, priority, scope, confidence, evidence, summary, switch_to, onset, opened_at, "
    "resolved_at FROM incident ";

template <class Enum>
Enum named(std::string_view name, std::initializer_list<Enum> candidates, Enum otherwise) {
    const auto found = std::ranges::find(candidates, name, [](Enum candidate) { return to_string(candidate); });
    return found == candidates.end() ? otherwise : *found;
}

Alert alert_in(const sqlite::Row& row) {
    using enum AlertState;
    return {.labels = parse_labels_json(row.text(0)),
            .annotations = parse_labels_json(row.text(1)),
            .state = named(row.text(2), {pending, firing, resolved}, pending),
            .value = row.real(3),
            .active_at = instant_in(row, 4),
            .fired_at = maybe_instant_in(row, 5),
            .resolved_at = maybe_instant_in(row, 6),
            .false_since = maybe_instant_in(row, 7)};
}

IncidentRecord incident_in(const sqlite::Row& row) {
    using enum IncidentState;
    return {.id = row.integer(0),
            .key = parse_labels_json(row.text(1)),
            .state = named(row.text(2), {open, resolved}, open),
            .priority = priority_named(row.text(3)).value_or(Priority::p3),
            .fault = {.scope = scope_named(row.text(4)), .confidence = row.real(5), .evidence = row.text(6)},
            .summary = row.text(7),
            .switch_to = row.text(8),
            .onset = instant_in(row, 9),
            .opened_at = instant_in(row, 10),
            .resolved_at = maybe_instant_in(row, 11),
            .timeline = {}};
}

Result<std::vector<TimelineEntry>> read_timeline(sqlite::Connection& connection, std::int64_t incident) {
    using enum TimelineKind;
    const auto rows =
        connection.query("SELECT at, kind, text FROM timeline WHERE incident_id = $1 ORDER BY position", {incident});
    if (!rows) return rows.error();
    std::vector<TimelineEntry> timeline;
    for (const auto& row : *rows) {
        const auto kind = named(row.text(1), {onset, detected, opened, evidence, resolved, reopened, note}, note);
        timeline.push_back({.at = instant_in(row, 0), .kind = kind, .text = row.text(2)});
    }
    return timeline;
}

Result<std::vector<IncidentRecord>> with_timelines(sqlite::Connection& connection, const sqlite::Rows& rows) {
    std::vector<IncidentRecord> incidents;
    for (const auto& row : rows) {
        auto& incident = incidents.emplace_back(incident_in(row));
        auto timeline = read_timeline(connection, incident.id);
        if (!timeline) return timeline.error();
        incident.timeline = std::move(*timeline);
    }
    return incidents;
}

}  // namespace

Result<std::vector<Alert>> read_alerts(sqlite::Connection& connection, Instant now) {
    const auto rows = connection.query(
        "SELECT labels, annotations, state, value, active_at, fired_at, resolved_at, false_since FROM alert "
        "WHERE state <> 'resolved' OR resolved_at > $1 ORDER BY active_at, identity",
        {to_column(now - kResolvedRetention)});
    if (!rows) return rows.error();
    std::vector<Alert> alerts;
    alerts.reserve(rows->size());
    std::ranges::transform(*rows, std::back_inserter(alerts), alert_in);
    return alerts;
}

Result<std::vector<IncidentRecord>> read_incidents(sqlite::Connection& connection, IncidentFilter filter,
                                                   std::size_t limit) {
    const std::string only_open = filter == IncidentFilter::open ? "WHERE state = 'open' " : "";
    const auto rows = connection.query(std::string{kIncidentColumns} + only_open + "ORDER BY id DESC LIMIT $1",
                                       {static_cast<std::int64_t>(limit)});
    if (!rows) return rows.error();
    return with_timelines(connection, *rows);
}

Result<std::optional<IncidentRecord>> read_incident(sqlite::Connection& connection, std::int64_t id) {
    const auto rows = connection.query(std::string{kIncidentColumns} + "WHERE id = $1", {id});
    if (!rows) return rows.error();
    auto incidents = with_timelines(connection, *rows);
    if (!incidents) return incidents.error();
    if (incidents->empty()) return std::optional<IncidentRecord>{};
    return std::optional{std::move(incidents->front())};
}

}  // namespace outrider::app
