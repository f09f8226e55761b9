#include "daemon/commands/probe/rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <set>
#include <utility>

namespace outrider::app {
namespace {

using Cell = std::optional<std::string>;

struct Measure {
    std::string label;
    int rank;
    std::function<Cell(const ProbeRecord&)> cell;
};

Cell with_unit(std::optional<double> value, double scale, std::string_view unit, int decimals) {
    if (!value) return std::nullopt;
    return fmt::format("{:.{}f}{}", *value * scale, decimals, unit);
}

Cell now_and_worst(std::optional<double> now, std::optional<double> worst) {
    if (!now && !worst) return std::nullopt;
    const auto text = with_unit(now, 1, " s", 2).value_or("-");
    return worst ? fmt::format("{}, worst {:.2f} s", text, *worst) : text;
}

Cell viewer_cell(const ProbeRecord& record, const std::string& name) {
    const auto buffer = record.value(Metric::viewer_buffer_seconds, name);
    if (!buffer) return std::nullopt;
    const auto stalls = record.value(Metric::viewer_stalls_total, name);
    if (!stalls) return fmt::format("{:.2f} s, not started", *buffer);
    if (*stalls == 0) return fmt::format("{:.2f} s, no stall", *buffer);
    return fmt::format("{:.2f} s, {:.0f} {}, {:.1f} s", *buffer, *stalls, *stalls == 1 ? "stall" : "stalls",
                       record.value(Metric::viewer_stall_seconds_total, name).value_or(0));
}

Cell loss_cell(const ProbeRecord& record, const std::string& layer) {
    const auto found = record.losses.find(layer);
    if (found == record.losses.end()) return std::nullopt;
    const auto& account = found->second;
    if (account.lost == 0) return fmt::format("0 of {:.0f}", account.expected);
    return fmt::format("{:.0f} of {:.0f}, worst {:.1f} %", account.lost, account.expected, account.worst() * 100);
}

Cell pop_delay_cell(const ProbeRecord& record) {
    const auto delay = record.value(Metric::pop_delay_seconds, "earliest");
    if (!delay) return std::nullopt;
    if (*delay == 0) return "first";
    return *delay < 1 ? fmt::format("+{:.0f} ms", *delay * 1000) : fmt::format("+{:.2f} s", *delay);
}

Cell latency_cell(const ProbeRecord& record, const std::string& method) {
    const auto latency = record.value(Metric::latency_seconds, method);
    if (!latency) return std::nullopt;
    return fmt::format("{:.2f} s ({})", *latency, method);
}

Cell connections_cell(const ProbeRecord& record) {
    const auto tries = record.tries();
    if (!tries || *tries < 2 || !record.played) return std::nullopt;
    if (record.last_failure == Outcome::ok) return fmt::format("{:.0f}", *tries);
    return fmt::format("{:.0f}, last end: {}", *tries, to_string(record.last_failure));
}

Cell restarts_cell(const ProbeRecord& record) {
    const auto restarts = record.value(Metric::timeline_restarts_total);
    if (!restarts || *restarts == 0) return std::nullopt;
    return fmt::format("{:.0f}", *restarts);
}

Cell ts_errors_cell(const ProbeRecord& record) {
    double sum = 0;
    for (const auto& kind : record.extras(Metric::ts_errors_total)) sum += *record.value(Metric::ts_errors_total, kind);
    return sum > 0 ? Cell{fmt::format("{:.0f}", sum)} : std::nullopt;
}

/// The phases of a start in their order, and how a person calls them.
constexpr std::array<std::pair<std::string_view, std::string_view>, 8> kPhases{{{"resolve", "resolved after"},
                                                                                {"connect", "connected after"},
                                                                                {"tls", "TLS done after"},
                                                                                {"handshake", "handshake after"},
                                                                                {"request", "request after"},
                                                                                {"first_byte", "first byte after"},
                                                                                {"first_media", "media after"},
                                                                                {"first_keyframe", "keyframe after"}}};

/// The values of a metric's extra label that any of the records has.
std::set<std::string> all_extras(const std::vector<const ProbeRecord*>& records, Metric metric) {
    std::set<std::string> found;
    for (const auto* record : records)
        for (auto& extra : record->extras(metric)) found.insert(std::move(extra));
    return found;
}

void add_delivery(std::vector<Measure>& out) {
    out.push_back(
        {"lag", 1, [](const ProbeRecord& r) { return now_and_worst(r.value(Metric::lag_seconds), r.worst_lag); }});
    out.push_back({"POP delay", 2, pop_delay_cell});
}

void add_viewers(std::vector<Measure>& out, const std::vector<const ProbeRecord*>& records) {
    std::vector<std::string> names;  // in the order in which they were asked for
    for (const auto* record : records)
        for (const auto& viewer : record->target.viewers)
            if (std::ranges::find(names, viewer.name) == names.end()) names.push_back(viewer.name);
    for (const auto& name : names)
        out.push_back({"viewer " + name, 2, [name](const ProbeRecord& r) { return viewer_cell(r, name); }});
}

void add_media(std::vector<Measure>& out, const std::vector<const ProbeRecord*>& records) {
    for (const auto& method : all_extras(records, Metric::latency_seconds))
        out.push_back({"latency", 4, [method](const ProbeRecord& r) { return latency_cell(r, method); }});
    out.push_back({"bit rate", 3, [](const ProbeRecord& r) {
                       const auto rate = r.bits_per_second();
                       return rate ? Cell{bit_rate_text(*rate)} : std::nullopt;
                   }});
    out.push_back({"delivered", 4, [](const ProbeRecord& r) {
                       return with_unit(r.value(Metric::delivery_ratio), 100, " % of real time", 0);
                   }});
    out.push_back({"frame rate", 4, [](const ProbeRecord& r) {
                       return with_unit(r.value(Metric::video_frame_rate), 1, " a second", 1);
                   }});
    out.push_back({"frame gap", 5, [](const ProbeRecord& r) {
                       return now_and_worst(r.value(Metric::video_frame_gap_seconds), r.worst_gap);
                   }});
    out.push_back({"keyframe every", 6, [](const ProbeRecord& r) {
                       return with_unit(r.value(Metric::video_keyframe_interval_seconds), 1, " s", 2);
                   }});
    out.push_back({"A/V skew", 6, [](const ProbeRecord& r) {
                       return with_unit(r.value_of("outrider_av_skew_seconds"), 1000, " ms", 0);
                   }});
    out.push_back({"new timelines", 3, restarts_cell});
    out.push_back({"TS errors", 5, ts_errors_cell});
    out.push_back({"playlist age", 5, [](const ProbeRecord& r) {
                       return with_unit(r.value(Metric::playlist_age_ratio), 1, " target durations", 1);
                   }});
    out.push_back({"download takes", 6, [](const ProbeRecord& r) {
                       return with_unit(r.value(Metric::segment_download_ratio), 100, " % of play time", 0);
                   }});
}

void add_network(std::vector<Measure>& out, const std::vector<const ProbeRecord*>& records) {
    for (const auto& layer : all_extras(records, Metric::packets_expected_total))
        out.push_back({"lost, " + layer, 3, [layer](const ProbeRecord& r) { return loss_cell(r, layer); }});
    out.push_back(
        {"jitter", 6, [](const ProbeRecord& r) { return with_unit(r.value(Metric::jitter_seconds), 1000, " ms", 1); }});
    out.push_back({"RTT", 4, [](const ProbeRecord& r) {
                       const auto path = r.value(Metric::path_rtt_seconds);
                       return with_unit(path ? path : r.value_of("outrider_tcp_rtt_seconds"), 1000, " ms", 1);
                   }});
    out.push_back({"connections", 3, connections_cell});
    for (const auto& [phase, label] : kPhases) {
        const int rank = phase == "first_keyframe" ? 5 : phase == "connect" ? 7 : 8;
        out.push_back({std::string{label}, rank, [p = std::string{phase}](const ProbeRecord& r) {
                           return with_unit(r.value(Metric::startup_phase_seconds, p), 1000, " ms", 0);
                       }});
    }
}

}  // namespace

std::string state_of(const ProbeRecord& record) {
    if (!record.newest) return "connecting";
    const auto outcome = record.newest->outcome;
    if (outcome == Outcome::ok) return record.is_path() ? "answering" : "playing";
    if (outcome != Outcome::connecting) {
        const auto tries = record.tries().value_or(0);
        return tries > 0 ? fmt::format("{}, try {:.0f}", to_string(outcome), tries) : std::string{to_string(outcome)};
    }
    std::string_view reached;
    for (const auto& [phase, label] : kPhases)
        if (record.value(Metric::startup_phase_seconds, phase)) reached = phase;
    return reached.empty() ? "connecting" : fmt::format("connecting ({} done)", reached);
}

std::string bit_rate_text(double bits_per_second) {
    return bits_per_second < 1e6 ? fmt::format("{:.0f} kbit/s", bits_per_second / 1e3)
                                 : fmt::format("{:.2f} Mbit/s", bits_per_second / 1e6);
}

std::vector<Row> rows_of(const std::vector<const ProbeRecord*>& records) {
    std::vector<Measure> measures;
    measures.push_back({"state", 0, [](const ProbeRecord& record) { return state_of(record); }});
    const auto differs = [&](const ProbeRecord* r) { return r->target.protocol != records.front()->target.protocol; };
    if (std::ranges::any_of(records, differs))
        measures.push_back({"protocol", 1, [](const ProbeRecord& record) { return record.target.protocol; }});
    add_delivery(measures);
    add_viewers(measures, records);
    add_media(measures, records);
    add_network(measures, records);

    std::vector<Row> rows;
    for (const auto& measure : measures) {
        Row row{.label = measure.label, .rank = measure.rank, .cells = {}};
        bool any = false;
        for (const auto* record : records) {
            auto cell = measure.cell(*record);
            any = any || cell.has_value();
            row.cells.push_back(cell ? std::move(*cell) : std::string{"-"});
        }
        if (any) rows.push_back(std::move(row));
    }
    return rows;
}

}  // namespace outrider::app
