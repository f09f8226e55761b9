#include "daemon/commands/probe/verdict.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace outrider::app {
namespace {

// One picture in a few hundred is damaged at this share of lost packets; viewers complain from about here.
constexpr double kBearableLoss = 0.001;
// A path is asked five times a second: one answer missing in a short run says nothing.
constexpr double kBearablePathLoss = 0.05;
constexpr double kFewest = 2;
// Below this the order of two POPs changes from frame to frame.
constexpr double kSameTime = 0.02;

std::string times(double count) {
    if (count == 1) return "once";
    if (count == 2) return "twice";
    return fmt::format("{:.0f} times", count);
}

/// A few names, or the first and how many more.
std::string listed(const std::vector<std::string_view>& names) {
    constexpr std::size_t few = 4;
    if (names.size() > few) return fmt::format("{} and {} others", names.front(), names.size() - 1);
    const std::vector<std::string_view> all_but_last{names.begin(), names.end() - 1};
    return fmt::format("{} and {}", fmt::join(all_but_last, ", "), names.back());
}

Judgement judge_path(const ProbeRecord& record) {
    if (!record.played) {
        const auto why = record.last_failure == Outcome::ok ? Outcome::connecting : record.last_failure;
        return {Health::unreachable, fmt::format("no answer came ({})", to_string(why))};
    }
    const auto rtt = record.value(Metric::path_rtt_seconds);
    const auto round_trip = rtt ? fmt::format(", round trip {:.1f} ms", *rtt * 1000) : std::string{};
    for (const auto& [layer, account] : record.losses) {
        const auto text =
            fmt::format("{:.0f} of {:.0f} requests went unanswered{}", account.lost, account.expected, round_trip);
        if (account.lost >= kFewest && account.ratio() > kBearablePathLoss) return {Health::degraded, text};
        if (account.lost > 0) return {Health::healthy, text};
    }
    return {Health::healthy, "every request was answered" + round_trip};
}

/// The viewer that stalled longest, in words; empty when none did.
std::string stalls(const ProbeRecord& record) {
    std::string text;
    double longest = -1;
    for (const auto& viewer : record.target.viewers) {
        const auto count = record.value(Metric::viewer_stalls_total, viewer.name).value_or(0);
        const auto stalled = record.value(Metric::viewer_stall_seconds_total, viewer.name).value_or(0);
        if (count <= 0 || stalled <= longest) continue;
        longest = stalled;
        text =
            fmt::format("a viewer with {} of buffer stalled {}, {:.1f} s in all", viewer.name, times(count), stalled);
    }
    return text;
}

/// Half of what the viewer with the least buffer can bear: what it is meant to hold, or more when it held more (a burst
/// at the start, the three target durations of HLS).
std::optional<double> lag_limit(const ProbeRecord& record) {
    const auto* viewer = record.smallest_viewer();
    if (viewer == nullptr) return std::nullopt;
    return std::max(seconds(viewer->start), record.peak_buffer.value_or(0)) / 2;
}

/// What is wrong, a phrase each.
std::vector<std::string> complaints(const ProbeRecord& record) {
    std::vector<std::string> found;
    const auto late = lag_limit(record);
    if (auto text = stalls(record); !text.empty()) {
        found.push_back(std::move(text));
    } else if (late && record.worst_lag.value_or(0) > *late) {
        found.push_back(fmt::format("media came up to {:.2f} s late", *record.worst_lag));
    }
    if (record.lost_after_media != Outcome::ok)
        found.push_back(fmt::format("the connection was lost ({})", to_string(record.lost_after_media)));
    if (record.failed_before_media != Outcome::ok)
        found.push_back(fmt::format("it did not connect at once ({})", to_string(record.failed_before_media)));
    for (const auto& [layer, account] : record.losses) {
        // Mended in time: the line is bad, the pictures are not.
        if (layer == "srt_wire" || account.lost < kFewest || account.ratio() <= kBearableLoss) continue;
        found.push_back(fmt::format("{:.0f} of {:.0f} packets were lost ({})", account.lost, account.expected, layer));
    }
    return found;
}

/// What the record's name stands beside in a sentence about a target without media: tries, and what the outcome means.
std::string failure_detail(const ProbeRecord& record) {
    const auto why = record.last_failure == Outcome::ok ? Outcome::connecting : record.last_failure;
    const auto tries = record.tries().value_or(0);
    return fmt::format("{}; {}", tries > 0 ? fmt::format(", tried {}", times(tries)) : std::string{},
                       kOutcomes[static_cast<std::size_t>(why)].meaning);
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

Judgement judge(const ProbeRecord& record) {
    if (record.is_path()) return judge_path(record);
    if (!record.played) {
        const auto why = record.last_failure == Outcome::ok ? Outcome::connecting : record.last_failure;
        return {Health::unreachable, fmt::format("no media came ({})", to_string(why))};
    }
    const auto found = complaints(record);
    if (found.empty())
        return {Health::healthy, fmt::format("no stall, never later than {:.2f} s", record.worst_lag.value_or(0))};
    return {Health::degraded, fmt::format("{}", fmt::join(found, "; "))};
}

Judgement overall(const std::vector<ProbeRecord>& records) {
    std::size_t degraded = 0;
    std::size_t unreachable = 0;
    for (const auto& record : records) {
        const auto health = judge(record).health;
        if (health == Health::degraded) ++degraded;
        if (health == Health::unreachable) ++unreachable;
    }
    const auto all = records.size();
    if (all == 1) return judge(records.front());
    if (unreachable == all) return {Health::unreachable, fmt::format("none of {} targets is reachable", all)};
    if (degraded + unreachable == 0) return {Health::healthy, fmt::format("all {} targets are healthy", all)};
    std::vector<std::string> parts;
    if (degraded > 0) parts.push_back(fmt::format("{} degraded", degraded));
    if (unreachable > 0) parts.push_back(fmt::format("{} unreachable", unreachable));
    return {Health::degraded, fmt::format("of {} targets {}", all, fmt::join(parts, ", "))};
}

std::vector<std::string> comparisons(const std::vector<ProbeRecord>& records) {
    std::map<std::string, std::vector<const ProbeRecord*>> of_stream;
    for (const auto& record : records)
        if (record.value(Metric::pop_delay_seconds, "earliest")) of_stream[record.target.stream].push_back(&record);
    std::vector<std::string> found;
    for (const auto& [stream, group] : of_stream) {
        const auto delay = [](const ProbeRecord* record) {
            return *record->value(Metric::pop_delay_seconds, "earliest");
        };
        const auto* first = *std::ranges::min_element(group, {}, delay);
        std::vector<std::string_view> together{first->name};
        for (const auto* record : group) {
            if (record == first) continue;
            const auto behind = delay(record) - delay(first);
            if (behind < kSameTime) {
                together.push_back(record->name);
            } else {
                found.push_back(fmt::format("{} is {:.2f} s behind {}", record->name, behind, first->name));
            }
        }
        if (together.size() > 1)
            found.push_back(fmt::format("{} are within {:.0f} ms", listed(together), kSameTime * 1000));
    }
    return found;
}

std::string summary(const std::vector<ProbeRecord>& records) {
    std::string text;
    for (const auto& record : records) {
        const auto found = judge(record);
        text += fmt::format("{}: {}: {}{}\n", record.name, to_string(found.health), found.reason,
                            found.health == Health::unreachable ? failure_detail(record) : std::string{});
    }
    for (const auto& sentence : comparisons(records)) text += sentence + "\n";
    if (records.size() > 1) {
        const auto all = overall(records);
        text += fmt::format("overall: {}: {}\n", to_string(all.health), all.reason);
    }
    return text;
}

}  // namespace outrider::app
