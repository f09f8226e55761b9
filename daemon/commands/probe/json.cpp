#include "daemon/commands/probe/json.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

#include "daemon/commands/probe/verdict.h"
#include "outrider/time_text.h"

namespace outrider::app {
namespace {

using nlohmann::ordered_json;

std::string dumped(const ordered_json& value, bool compact) {
    return value.dump(compact ? -1 : 2, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

/// Readings by the metrics' names; those of a metric with an extra label are an object keyed by its value.
ordered_json metrics_of(const Sample& sample) {
    auto metrics = ordered_json::object();
    for (const auto& reading : sample.readings) {
        if (!std::isfinite(reading.value)) continue;  // JSON has no word for it
        const auto& metric = info(reading.metric);
        auto& field = metrics[std::string{metric.name}];
        if (metric.extra_label.empty()) {
            field = reading.value;
        } else {
            field[std::string{reading.extra.view()}] = reading.value;
        }
    }
    return metrics;
}

ordered_json identity(const ProbeRecord& record) {
    ordered_json entry{{"name", record.name}, {"url", record.url}};
    if (!record.target.pop.empty()) entry["pop"] = record.target.pop;
    entry["protocol"] = record.target.protocol;
    return entry;
}

ordered_json worst_of(const ProbeRecord& record) {
    auto worst = ordered_json::object();
    if (record.worst_lag) worst[std::string{info(Metric::lag_seconds).name}] = *record.worst_lag;
    if (record.worst_gap) worst[std::string{info(Metric::video_frame_gap_seconds).name}] = *record.worst_gap;
    for (const auto& [layer, account] : record.losses) worst["loss_ratio"][layer] = account.worst();
    return worst;
}

ordered_json trace_of(const ProbeRecord& record) {
    auto events = ordered_json::array();
    for (const auto& event : record.trace.events)
        events.push_back({{"number", event.number},
                          {"at", rfc3339(event.at)},
                          {"kind", to_string(event.kind)},
                          {"text", event.text}});
    return events;
}

ordered_json target_of(const ProbeRecord& record, bool with_trace) {
    const auto found = judge(record);
    auto entry = identity(record);
    entry["verdict"] = to_string(found.health);
    entry["reason"] = found.reason;
    entry["outcome"] = to_string(record.newest ? record.newest->outcome : Outcome::connecting);
    if (record.last_failure != Outcome::ok) entry["last_failure"] = to_string(record.last_failure);
    if (const auto rate = record.bits_per_second()) entry["bits_per_second"] = *rate;
    entry["worst"] = worst_of(record);
    entry["metrics"] = record.newest ? metrics_of(*record.newest) : ordered_json::object();
    if (with_trace) entry["trace"] = trace_of(record);
    return entry;
}

}  // namespace

std::string json_document(const std::vector<ProbeRecord>& records, Instant started, Duration elapsed, bool with_trace,
                          bool compact) {
    const auto all = overall(records);
    auto targets = ordered_json::array();
    for (const auto& record : records) targets.push_back(target_of(record, with_trace));
    const ordered_json document{{"version", 1},
                                {"type", "verdict"},
                                {"started", rfc3339(started)},
                                {"duration_seconds", std::max(0.0, seconds(elapsed))},
                                {"verdict", to_string(all.health)},
                                {"reason", all.reason},
                                {"comparisons", comparisons(records)},
                                {"targets", std::move(targets)}};
    return dumped(document, compact);
}

std::string json_line(const ProbeRecord& record) {
    if (!record.newest) return {};
    ordered_json line{{"version", 1}, {"type", "sample"}, {"at", rfc3339(record.newest->at)}};
    line.update(identity(record));
    line["outcome"] = to_string(record.newest->outcome);
    line["metrics"] = metrics_of(*record.newest);
    return dumped(line, true);
}

}  // namespace outrider::app
