#include "daemon/commands/probe_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "outrider/time_text.h"

namespace outrider::app {
namespace {

std::string cell(std::optional<double> value, std::string_view unit, int decimals = 2) {
    return value ? fmt::format("{:.{}f}{}", *value, decimals, unit) : std::string{"-"};
}

std::string place(const Target& target) {
    return target.connect_to.empty() ? target.stream : target.stream + " at " + target.connect_to;
}

double smallest_buffer(const Target& target) {
    double least = 1e9;
    for (const auto& viewer : target.viewers) least = std::min(least, seconds(viewer.start));
    return least;
}

}  // namespace

std::string_view to_string(Health health) noexcept {
    switch (health) {
        case Health::healthy: return "healthy";
        case Health::degraded: return "degraded";
        case Health::unreachable: return "unreachable";
    }
    return "";
}

void ProbeRecord::take(const Sample& sample) {
    const auto keep_worst = [&](std::optional<double>& worst, Metric metric) {
        for (const auto& reading : sample.readings)
            if (reading.metric == metric) worst = std::max(worst.value_or(0), reading.value);
    };
    keep_worst(worst_lag, Metric::lag_seconds);
    keep_worst(worst_gap, Metric::video_frame_gap_seconds);
    if (sample.outcome != Outcome::ok && sample.outcome != Outcome::connecting) last_failure = sample.outcome;
    newest = sample;
}

std::optional<double> ProbeRecord::value(Metric metric, std::string_view extra) const {
    if (!newest) return std::nullopt;
    for (const auto& reading : newest->readings)
        if (reading.metric == metric && reading.extra.view() == extra) return reading.value;
    return std::nullopt;
}

Judgement judge(const ProbeRecord& record) {
    if (record.value(Metric::media_seconds_total).value_or(0) <= 0) {
        const auto why = record.last_failure == Outcome::ok ? Outcome::connecting : record.last_failure;
        return {Health::unreachable, fmt::format("no media came ({})", to_string(why))};
    }
    for (const auto& viewer : record.target.viewers) {
        const auto stalls = record.value(Metric::viewer_stalls_total, viewer.name).value_or(0);
        if (stalls > 0)
            return {Health::degraded,
                    fmt::format("a viewer with {} of buffer stalled {:.0f} times, {:.1f} s in all", viewer.name, stalls,
                                record.value(Metric::viewer_stall_seconds_total, viewer.name).value_or(0))};
    }
    if (record.last_failure != Outcome::ok)
        return {Health::degraded, fmt::format("the connection was lost ({})", to_string(record.last_failure))};
    const auto limit = smallest_buffer(record.target) / 2;
    if (record.worst_lag.value_or(0) > limit)
        return {Health::degraded, fmt::format("media came up to {:.2f} s late", *record.worst_lag)};
    return {Health::healthy, fmt::format("no stall, never later than {:.2f} s", record.worst_lag.value_or(0))};
}

Health overall(const std::vector<ProbeRecord>& records) {
    const auto is = [](Health wanted) {
        return [wanted](const ProbeRecord& record) { return judge(record).health == wanted; };
    };
    if (std::ranges::all_of(records, is(Health::unreachable))) return Health::unreachable;
    return std::ranges::all_of(records, is(Health::healthy)) ? Health::healthy : Health::degraded;
}

std::string table(const std::vector<ProbeRecord>& records, Duration elapsed) {
    std::string text =
        fmt::format("outrider probe · {}\n\n", duration_text(std::chrono::floor<std::chrono::seconds>(elapsed)));
    for (const auto& record : records) {
        const auto state = record.newest ? to_string(record.newest->outcome) : "starting";
        text += fmt::format("{}  [{}]\n", place(record.target), state);
        text += fmt::format("  {:<10}{:<12}{:<12}{:<12}{:<12}{:<12}\n", "", "lag", "worst lag", "delivered", "frames/s",
                            "frame gap");
        const auto delivered = record.value(Metric::delivery_ratio);
        text += fmt::format("  {:<10}{:<12}{:<12}{:<12}{:<12}{:<12}\n", "media",
                            cell(record.value(Metric::lag_seconds), " s"), cell(record.worst_lag, " s"),
                            delivered ? fmt::format("{:.0f} %", *delivered * 100) : std::string{"-"},
                            cell(record.value(Metric::video_frame_rate), "", 1),
                            cell(record.value(Metric::video_frame_gap_seconds), " s"));
        text +=
            fmt::format("  {:<10}{:<12}{:<12}{:<12}{:<12}\n", "viewer", "buffer", "stalls", "stalled", "started in");
        for (const auto& viewer : record.target.viewers)
            text += fmt::format("  {:<10}{:<12}{:<12}{:<12}{:<12}\n", viewer.name,
                                cell(record.value(Metric::viewer_buffer_seconds, viewer.name), " s"),
                                cell(record.value(Metric::viewer_stalls_total, viewer.name), "", 0),
                                cell(record.value(Metric::viewer_stall_seconds_total, viewer.name), " s", 1),
                                cell(record.value(Metric::viewer_startup_seconds, viewer.name), " s"));
        std::string phases;
        if (record.newest)
            for (const auto& reading : record.newest->readings)
                if (reading.metric == Metric::startup_phase_seconds)
                    phases += fmt::format("  {} {:.0f} ms", reading.extra.view(), reading.value * 1000);
        if (!phases.empty()) text += "  start   " + phases + "\n";
        text += "\n";
    }
    return text;
}

std::string summary(const std::vector<ProbeRecord>& records) {
    std::string text;
    for (const auto& record : records) {
        const auto found = judge(record);
        text += fmt::format("{}: {}: {}\n", place(record.target), to_string(found.health), found.reason);
    }
    return text;
}

std::string json_document(const std::vector<ProbeRecord>& records, Instant started, Duration elapsed) {
    using nlohmann::json;
    json targets = json::array();
    for (const auto& record : records) {
        json metrics = json::object();
        if (record.newest) {
            for (const auto& reading : record.newest->readings) {
                auto& field = metrics[std::string{info(reading.metric).name}];
                if (reading.extra.empty()) {
                    field = reading.value;
                } else {
                    field[std::string{reading.extra.view()}] = reading.value;
                }
            }
        }
        const auto found = judge(record);
        json entry{{"stream", record.target.stream},
                   {"pop", record.target.pop},
                   {"protocol", record.target.protocol},
                   {"verdict", to_string(found.health)},
                   {"reason", found.reason},
                   {"outcome", record.newest ? to_string(record.newest->outcome) : "connecting"},
                   {"metrics", std::move(metrics)}};
        if (record.worst_lag) entry["worst_lag_seconds"] = *record.worst_lag;
        targets.push_back(std::move(entry));
    }
    const json document{{"version", 1},
                        {"started", rfc3339(started)},
                        {"duration_seconds", seconds(elapsed)},
                        {"verdict", to_string(overall(records))},
                        {"targets", std::move(targets)}};
    return document.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

}  // namespace outrider::app
