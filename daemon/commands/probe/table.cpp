#include "daemon/commands/probe/table.h"

#include <fmt/format.h>

#include <algorithm>

#include "daemon/commands/probe/rows.h"
#include "daemon/commands/probe/text.h"
#include "outrider/time_text.h"

namespace outrider::app {
namespace {

constexpr std::size_t kLabel = 17;   // the longest label
constexpr std::size_t kColumn = 29;  // the longest usual cell: "9.97 s, 12 stalls, 123.4 s"
constexpr std::size_t kFewestRows = 5;
constexpr std::size_t kMostBlocks = 4;  // more, and a person finds nothing in it

using Records = std::vector<const ProbeRecord*>;
using Lines = std::vector<std::string>;

std::string clock_text(Duration d) { return duration_text(std::chrono::floor<std::chrono::seconds>(d)); }

Lines heading(const std::vector<ProbeRecord>& records, Duration elapsed, Duration planned) {
    Lines lines{fmt::format("outrider probe  {}{}", clock_text(elapsed),
                            planned > Duration{0} ? " of " + clock_text(planned) : std::string{})};
    const bool one_url = std::ranges::all_of(records, [&](const auto& r) { return r.url == records.front().url; });
    if (one_url) lines.push_back(fmt::format("{}  ({})", records.front().url, records.front().target.protocol));
    lines.emplace_back();
    return lines;
}

/// What matters most of the rows, in their order.
std::vector<Row> best_rows(std::vector<Row> rows, std::size_t room) {
    while (rows.size() > room) {
        // The last of the least important: labels before it keep their neighbours.
        auto least = rows.begin();
        for (auto row = rows.begin(); row != rows.end(); ++row)
            if (row->rank >= least->rank) least = row;
        rows.erase(least);
    }
    return rows;
}

/// Targets side by side. `room` is for rows alone.
Lines block(const Records& records, const std::vector<Row>& all, std::size_t room, bool with_names) {
    Lines lines;
    if (with_names) {
        std::string line = fitted("", kLabel);
        for (const auto* record : records) line += fitted(record->name, kColumn - 1) + " ";
        lines.push_back(std::move(line));
    }
    for (const auto& row : best_rows(all, room)) {
        std::string line = fitted(row.label, kLabel - 1) + " ";
        for (const auto& cell : row.cells) line += fitted(cell, kColumn - 1) + " ";
        lines.push_back(std::move(line));
    }
    return lines;
}

std::size_t targets_beside(std::size_t columns) {
    return columns <= kLabel + kColumn ? 1 : (columns - kLabel) / kColumn;
}

/// Blocks below each other, or nothing when they do not fit into `room` lines (0: unlimited) with the rows that matter.
std::optional<Lines> blocks(const std::vector<ProbeRecord>& records, std::size_t columns, std::size_t room) {
    const auto beside = std::min(targets_beside(columns), records.size());
    std::vector<Records> groups;
    for (std::size_t i = 0; i < records.size(); ++i) {
        if (i % beside == 0) groups.emplace_back();
        groups.back().push_back(&records[i]);
    }
    if (groups.size() > kMostBlocks) return std::nullopt;
    const bool with_names = records.size() > 1;
    const std::size_t around = with_names ? 1 : 0;  // lines of a block beside its rows
    const auto gaps = groups.size() - 1;
    std::vector<std::vector<Row>> rows;
    std::size_t most = 0;
    for (const auto& group : groups) {
        rows.push_back(rows_of(group));
        most = std::max(most, rows.back().size());
    }
    auto each = most;
    if (room > 0) {
        const auto taken = gaps + around * groups.size();
        each = room > taken ? (room - taken) / groups.size() : 0;
        if (each < std::min(kFewestRows, most)) return std::nullopt;
    }
    Lines lines;
    for (std::size_t i = 0; i < groups.size(); ++i) {
        if (i > 0) lines.emplace_back();
        for (auto& line : block(groups[i], rows[i], each, with_names)) lines.push_back(std::move(line));
    }
    return lines;
}

struct Field {
    std::string_view title;
    std::size_t width;
    std::string text;
};

std::string number(std::optional<double> value, double scale = 1, int decimals = 2) {
    return value ? fmt::format("{:.{}f}", *value * scale, decimals) : std::string{"-"};
}

std::string worst_loss(const ProbeRecord& record) {
    std::optional<double> worst;
    for (const auto& [layer, account] : record.losses) worst = std::max(worst.value_or(0), account.worst());
    return number(worst, 100, 1);
}

/// A target's line without its name, what matters most first.
std::vector<Field> fields(const ProbeRecord& record, std::size_t state_width) {
    const auto* viewer = record.smallest_viewer();
    const auto of_viewer = [&](Metric metric) {
        return viewer == nullptr ? std::nullopt : record.value(metric, viewer->name);
    };
    const auto path_rtt = record.value(Metric::path_rtt_seconds);
    return {{"state", state_width, state_of(record)},
            {"lag s", 7, number(record.value(Metric::lag_seconds))},
            {"worst", 7, number(record.worst_lag)},
            {"buffer", 7, number(of_viewer(Metric::viewer_buffer_seconds))},
            {"stalls", 7, number(of_viewer(Metric::viewer_stalls_total), 1, 0)},
            {"Mbit/s", 8, number(record.bits_per_second(), 1e-6)},
            {"fps", 6, number(record.value(Metric::video_frame_rate), 1, 1)},
            {"delay ms", 9, number(record.value(Metric::pop_delay_seconds, "earliest"), 1000, 0)},
            {"RTT ms", 8, number(path_rtt ? path_rtt : record.value_of("outrider_tcp_rtt_seconds"), 1000, 1)},
            {"loss %", 7, worst_loss(record)}};
}

/// A line a target.
Lines list(const std::vector<ProbeRecord>& records, std::size_t columns, std::size_t room) {
    constexpr std::size_t most_name = 60;
    std::size_t longest = 0;
    std::size_t state_width = columns_of("state") + 1;
    for (const auto& record : records) {
        longest = std::max(longest, columns_of(record.name));
        state_width = std::max(state_width, columns_of(state_of(record)) + 1);
    }
    state_width = std::min<std::size_t>(state_width, 22);  // "resolve_failed, try 5"
    const auto name_width = std::clamp<std::size_t>(longest + 1, 16, most_name);
    const auto least_name = std::min(name_width, std::max<std::size_t>(16, columns / 3));
    std::size_t shown = 0;  // fields that have room
    auto used = least_name;
    for (const auto& field : fields(records.front(), state_width)) {
        if (used + field.width > columns) break;
        used += field.width;
        ++shown;
    }
    // What the fields leave is the name's.
    const auto name = std::min(name_width, least_name + (columns > used ? columns - used : 0));
    const auto line_of = [&](std::string_view first, const std::vector<Field>& all, bool titles) {
        auto line = fitted(first, name - 1) + " ";
        for (std::size_t i = 0; i < shown; ++i)
            line += fitted(titles ? all[i].title : std::string_view{all[i].text}, all[i].width - 1) + " ";
        return line;
    };
    Lines lines{line_of("", fields(records.front(), state_width), true)};
    const auto space = room == 0 ? records.size() : std::max<std::size_t>(room, 3) - 1;
    const auto told = records.size() <= space ? records.size() : space - 1;
    for (std::size_t i = 0; i < told; ++i)
        lines.push_back(line_of(records[i].name, fields(records[i], state_width), false));
    if (told < records.size()) lines.push_back(fmt::format("and {} more", records.size() - told));
    return lines;
}

}  // namespace

std::string table(const std::vector<ProbeRecord>& records, Duration elapsed, Duration planned, TerminalSize size) {
    auto lines = heading(records, elapsed, planned);
    const auto room = size.lines == 0 ? 0 : std::max(size.lines, lines.size() + 1) - lines.size();
    auto body = blocks(records, size.columns, room);
    if (!body) body = list(records, size.columns, room);
    lines.insert(lines.end(), body->begin(), body->end());
    if (size.lines > 0 && lines.size() > size.lines) lines.resize(size.lines);
    std::string text;
    for (const auto& line : lines) {
        auto shown = cut(line, size.columns);
        shown.erase(shown.find_last_not_of(' ') + 1);
        text += shown + "\n";
    }
    return text;
}

std::string progress_line(const std::vector<ProbeRecord>& records, Duration elapsed) {
    constexpr std::size_t told = 4;
    std::vector<std::string> parts;
    for (std::size_t i = 0; i < std::min(told, records.size()); ++i) {
        const auto& record = records[i];
        auto text = records.size() > 1 ? record.name + " " + state_of(record) : state_of(record);
        if (const auto lag = record.value(Metric::lag_seconds)) text += fmt::format(", lag {:.2f} s", *lag);
        const auto rate = record.bits_per_second();
        if (rate && record.played) text += ", " + bit_rate_text(*rate);
        if (const auto rtt = record.value(Metric::path_rtt_seconds))
            text += fmt::format(", RTT {:.1f} ms", *rtt * 1000);
        parts.push_back(std::move(text));
    }
    if (records.size() > told) {
        const auto playing =
            std::ranges::count_if(records, [](const auto& r) { return r.newest && r.newest->outcome == Outcome::ok; });
        parts.push_back(fmt::format("{} of {} are well", playing, records.size()));
    }
    return fmt::format("{}: {}\n", clock_text(elapsed), fmt::join(parts, "; "));
}

}  // namespace outrider::app
