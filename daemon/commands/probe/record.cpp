#include "daemon/commands/probe/record.h"

#include <algorithm>

namespace outrider::app {
namespace {

constexpr Duration kWindow = std::chrono::seconds{5};
constexpr Duration kLeast = std::chrono::seconds{1};
// Some minutes of a target that reconnects all the time; a person reads no more.
constexpr std::size_t kTraceKept = 1000;

void keep_worst(std::optional<double>& worst, std::optional<double> value) {
    if (value) worst = std::max(worst.value_or(0), *value);
}

}  // namespace

void RecentGrowth::note(Instant at, double whole, double part) {
    if (!marks_.empty() && (whole < marks_.back().whole || part < marks_.back().part)) marks_.clear();
    marks_.push_back({.at = at, .whole = whole, .part = part});
    while (marks_.size() > 2 && at - marks_[1].at >= kWindow) marks_.pop_front();
}

std::optional<double> RecentGrowth::per_second() const {
    if (marks_.empty()) return std::nullopt;
    const auto span = marks_.back().at - marks_.front().at;
    if (span < kLeast) return std::nullopt;
    return (marks_.back().whole - marks_.front().whole) / seconds(span);
}

std::optional<double> RecentGrowth::ratio() const {
    if (marks_.empty() || marks_.back().at - marks_.front().at < kWindow) return std::nullopt;
    const auto whole = marks_.back().whole - marks_.front().whole;
    if (whole <= 0) return std::nullopt;
    return (marks_.back().part - marks_.front().part) / whole;
}

double LossAccount::worst() const noexcept { return std::max(worst_window.value_or(0), ratio()); }

void ProbeRecord::take(const Sample& sample) {
    newest = sample;
    keep_worst(worst_lag, value(Metric::lag_seconds));
    keep_worst(worst_gap, value(Metric::video_frame_gap_seconds));
    if (const auto* viewer = smallest_viewer())
        keep_worst(peak_buffer, value(Metric::viewer_buffer_seconds, viewer->name));
    if (const auto count = value(Metric::received_bytes_total); count && *count > 0) bytes.note(sample.at, *count);
    for (const auto& layer : extras(Metric::packets_expected_total)) {
        auto& account = losses[layer];
        account.expected = *value(Metric::packets_expected_total, layer);
        account.lost = value(Metric::packets_lost_total, layer).value_or(0);
        account.recent.note(sample.at, account.expected, account.lost);
        keep_worst(account.worst_window, account.recent.ratio());
    }
    played =
        played || value(Metric::media_seconds_total).value_or(0) > 0 || (is_path() && sample.outcome == Outcome::ok);
    if (sample.outcome == Outcome::ok || sample.outcome == Outcome::connecting || sample.outcome == Outcome::stopped)
        return;
    last_failure = sample.outcome;
    (played ? lost_after_media : failed_before_media) = sample.outcome;
}

void TraceTail::take(const TraceEvent& event) {
    newest = event.number;
    if (events.size() == kTraceKept) events.pop_front();
    events.push_back(event);
}

std::optional<double> ProbeRecord::value(Metric metric, std::string_view extra) const {
    if (!newest) return std::nullopt;
    for (const auto& reading : newest->readings)
        if (reading.metric == metric && reading.extra.view() == extra) return reading.value;
    return std::nullopt;
}

std::optional<double> ProbeRecord::value_of(std::string_view metric_name) const {
    const auto metric = metric_named(metric_name);
    return metric ? value(*metric) : std::nullopt;
}

std::vector<std::string> ProbeRecord::extras(Metric metric) const {
    std::vector<std::string> found;
    if (!newest) return found;
    for (const auto& reading : newest->readings)
        if (reading.metric == metric) found.emplace_back(reading.extra.view());
    return found;
}

std::optional<double> ProbeRecord::bits_per_second() const {
    const auto rate = bytes.per_second();
    return rate ? std::optional{*rate * 8} : std::nullopt;
}

const ViewerSpec* ProbeRecord::smallest_viewer() const {
    const auto least = std::ranges::min_element(target.viewers, {}, &ViewerSpec::start);
    return least == target.viewers.end() ? nullptr : &*least;
}

}  // namespace outrider::app
