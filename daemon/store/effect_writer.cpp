#include "daemon/store/effect_writer.h"

#include <algorithm>
#include <variant>

#include "daemon/store/columns.h"
#include "daemon/store/records.h"

namespace outrider::app {
namespace {

// Delivered messages are of interest while somebody asks "was I told?"; after a week the incident itself must do.
constexpr Duration kDeliveredRetention = std::chrono::hours{24 * 7};

struct NewestInstant {
    Instant operator()(const AlertChanged& changed) const {
        const auto& alert = changed.alert;
        return std::max(
            {alert.active_at, alert.fired_at.value_or(alert.active_at), alert.resolved_at.value_or(alert.active_at)});
    }
    Instant operator()(const IncidentOpened& opened) const { return opened.at; }
    Instant operator()(const IncidentResolved& resolved) const { return resolved.at; }
};

Instant onset_of(const IncidentOpened& opened) {
    const auto entry = std::ranges::find(opened.timeline, TimelineKind::onset, &TimelineEntry::kind);
    return entry == opened.timeline.end() ? opened.alert.active_at : entry->at;
}

Notice notice_of(const IncidentOpened& opened, std::int64_t incident) {
    return {.incident = incident,
            .key = opened.key,
            .labels = opened.alert.labels,
            .annotations = opened.alert.annotations,
            .priority = opened.priority,
            .fault = opened.fault,
            .summary = opened.summary,
            .switch_to = opened.switch_to,
            .onset = onset_of(opened),
            .started_at = opened.alert.fired_at.value_or(opened.at),
            .ended_at = std::nullopt,
            .reason = {}};
}

std::string word(std::string_view text) { return std::string{text}; }

}  // namespace

Status EffectWriter::write(const Effects& effects) {
    Instant now{};
    for (const auto& effect : effects) {
        auto status = std::visit([this](const auto& each) { return write(each); }, effect);
        if (!status) return status;
        now = std::max(now, std::visit(NewestInstant{}, effect));
    }
    return prune(now);
}

Status EffectWriter::write(const AlertChanged& changed) {
    const auto& alert = changed.alert;
    const auto identity = alert.labels.to_string();
    if (changed.forgotten) return connection_.run("DELETE FROM alert WHERE identity = $1", {identity});
    return connection_.run(
        "INSERT INTO alert (identity, labels, annotations, state, value, active_at, fired_at, resolved_at, false_since)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (identity) DO UPDATE SET"
        " annotations = excluded.annotations, state = excluded.state, value = excluded.value,"
        " active_at = excluded.active_at, fired_at = excluded.fired_at, resolved_at = excluded.resolved_at,"
        " false_since = excluded.false_since",
        {identity, labels_json(alert.labels), labels_json(alert.annotations), word(to_string(alert.state)), alert.value,
         to_column(alert.active_at), to_column(alert.fired_at), to_column(alert.resolved_at),
         to_column(alert.false_since)});
}

Status EffectWriter::write(const IncidentOpened& opened) {
    const auto key = opened.key.to_string();
    const auto replayed =
        connection_.query("SELECT id FROM incident WHERE incident_key = $1 AND opened_at = $2 AND state = 'resolved'",
                          {key, to_column(opened.at)});
    if (!replayed) return replayed.error();
    if (!replayed->empty()) return Done{};  // this very opening is recorded, and over

    const auto id = next_id("incident");  // left unused when one is open: gaps mean nothing
    if (!id) return id.error();
    const auto notice = notice_of(opened, *id);
    const auto& fault = opened.fault;
    const auto rows = connection_.query(
        "INSERT INTO incident (id, incident_key, key_labels, state, priority, scope, confidence, evidence, summary,"
        " switch_to, onset, opened_at, openings, notice)"
        " VALUES ($1, $2, $3, 'open', $4, $5, $6, $7, $8, $9, $10, $11, 1, $12)"
        " ON CONFLICT (incident_key) WHERE state = 'open' DO UPDATE SET"
        " priority = CASE WHEN excluded.priority < incident.priority THEN excluded.priority ELSE incident.priority END,"
        " scope = excluded.scope, confidence = excluded.confidence, evidence = excluded.evidence,"
        " switch_to = excluded.switch_to, openings = incident.openings + 1"
        " RETURNING id",
        {*id, key, labels_json(opened.key), word(to_string(opened.priority)), word(to_string(fault.scope)),
         fault.confidence, fault.evidence, opened.summary, opened.switch_to, to_column(notice.onset),
         to_column(opened.at), to_json(notice)});
    if (!rows) return rows.error();
    const auto incident = rows->front().integer(0);
    for (const auto& entry : opened.timeline)
        if (auto status = add_timeline(incident, entry); !status) return status;
    return incident == *id ? add_to_outbox(notice) : Status{Done{}};
}

Status EffectWriter::write(const IncidentResolved& resolved) {
    const auto rows = connection_.query(
        "UPDATE incident SET state = 'resolved', resolved_at = $2 WHERE incident_key = $1 AND state = 'open'"
        " RETURNING id, notice",
        {resolved.key.to_string(), to_column(resolved.at)});
    if (!rows) return rows.error();
    if (rows->empty()) return Done{};
    auto notice = parse_notice(rows->front().text(1));
    if (!notice) return notice.error();
    notice->ended_at = resolved.at;
    notice->reason = resolved.reason;
    const TimelineEntry entry{.at = resolved.at, .kind = TimelineKind::resolved, .text = resolved.reason};
    if (auto status = add_timeline(rows->front().integer(0), entry); !status) return status;
    return add_to_outbox(*notice);
}

Status EffectWriter::add_timeline(std::int64_t incident, const TimelineEntry& entry) {
    const auto known = connection_.query(
        "SELECT 1 FROM timeline WHERE incident_id = $1 AND at = $2 AND kind = $3 AND text = $4 LIMIT 1",
        {incident, to_column(entry.at), word(to_string(entry.kind)), entry.text});
    if (!known) return known.error();
    if (!known->empty()) return Done{};
    return connection_.run(
        "INSERT INTO timeline (incident_id, position, at, kind, text) VALUES"
        " ($1, (SELECT COALESCE(MAX(position), 0) + 1 FROM timeline WHERE incident_id = $1), $2, $3, $4)",
        {incident, to_column(entry.at), word(to_string(entry.kind)), entry.text});
}

Status EffectWriter::add_to_outbox(const Notice& notice) {
    const std::string status = notice.ended_at ? "resolved" : "firing";
    const auto payload = to_json(notice);
    for (const auto& notifier : notifiers_) {
        const auto id = next_id("outbox");
        if (!id) return id.error();
        // Due at 0: at once, whatever the clock says, and before any retry.
        auto added = connection_.run(
            "INSERT INTO outbox (id, notifier, incident_id, status, payload, attempts, next_attempt_at)"
            " VALUES ($1, $2, $3, $4, $5, 0, 0) ON CONFLICT (incident_id, notifier, status) DO NOTHING",
            {*id, notifier, notice.incident, status, payload});
        if (!added) return added;
    }
    return Done{};
}

Result<std::int64_t> EffectWriter::next_id(const std::string& counter) {
    const auto rows = connection_.query(
        "INSERT INTO counter (name, value) VALUES ($1, 1)"
        " ON CONFLICT (name) DO UPDATE SET value = counter.value + 1 RETURNING value",
        {counter});
    if (!rows) return rows.error();
    return rows->front().integer(0);
}

Status EffectWriter::prune(Instant now) {
    auto status = connection_.run("DELETE FROM alert WHERE state = 'resolved' AND resolved_at <= $1",
                                  {to_column(now - kResolvedRetention)});
    if (!status) return status;
    return connection_.run("DELETE FROM outbox WHERE delivered_at IS NOT NULL AND delivered_at <= $1",
                           {to_column(now - kDeliveredRetention)});
}

}  // namespace outrider::app
