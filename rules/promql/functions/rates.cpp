#include "rules/promql/functions/rates.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "rules/gotext/quote.h"

namespace outrider::rules::promql {
namespace {

enum class Kind : std::uint8_t { counter, gauge };

// From the first value to the last. Each time a counter falls it has begun again at 0, and hides what it had counted.
double change_over(std::span<const Point> points, Kind kind) noexcept {
    double change = points.back().value - points.front().value;
    if (kind == Kind::gauge) return change;
    for (std::size_t i = 1; i < points.size(); ++i) {
        if (points[i].value < points[i - 1].value) change += points[i - 1].value;
    }
    return change;
}

// How far the series is taken to go on beyond its first or last point, in seconds. When the end of the range is about
// one gap away, the series is taken to fill it; else to begin or end half a gap away.
double reach(double to_end_of_range, double gap) noexcept {
    constexpr double kAboutOne = 1.1;
    return to_end_of_range >= gap * kAboutOne ? gap / 2 : to_end_of_range;
}

// The change over the range (from, to], extrapolated from the points within; divided by `unit`.
std::optional<double> extrapolated_change(const Window& window, Kind kind, double unit = 1) noexcept {
    const auto points = window.points;
    if (points.size() < 2) return std::nullopt;
    const Point& first = points.front();
    const Point& last = points.back();

    const double change = change_over(points, kind);
    const double sampled = seconds(last.at - first.at);
    const double gap = sampled / static_cast<double>(points.size() - 1);
    double before = reach(seconds(first.at - window.from), gap);
    const double after = reach(seconds(window.to - last.at), gap);
    if (kind == Kind::counter && change > 0 && first.value >= 0) {
        // A counter does not start below 0: at its slope it was there so long before the first point.
        before = std::min(before, sampled * (first.value / change));
    }
    return change * ((sampled + before + after) / sampled / unit);
}

}  // namespace

void check_counter_name(const Window& window, const Context& context) {
    constexpr std::array<std::string_view, 4> kEndings{"_total", "_sum", "_count", "_bucket"};
    if (window.metric.empty() || !context.report.wants_annotations()) return;
    if (std::ranges::any_of(kEndings, [&](std::string_view ending) { return window.metric.ends_with(ending); })) return;
    context.report.annotate(Annotation::Kind::info,
                            "metric might not be a counter, name does not end in _total/_sum/_count/_bucket: " +
                                gotext::quote(window.metric),
                            window.begin);
}

std::optional<double> rate_over(const Window& window, std::span<const double>, const Context& context) {
    const auto rate = extrapolated_change(window, Kind::counter, seconds(window.to - window.from));
    if (rate) check_counter_name(window, context);
    return rate;
}

std::optional<double> increase_over(const Window& window, std::span<const double>, const Context& context) {
    const auto change = extrapolated_change(window, Kind::counter);
    if (change) check_counter_name(window, context);
    return change;
}

std::optional<double> delta_over(const Window& window, std::span<const double>, const Context&) {
    return extrapolated_change(window, Kind::gauge);
}

std::optional<double> irate_over(const Window& window, std::span<const double>, const Context&) {
    if (window.points.size() < 2) return std::nullopt;
    const Point& last = window.points.back();
    const Point& previous = window.points[window.points.size() - 2];
    const double change = last.value < previous.value ? last.value : last.value - previous.value;
    return change / seconds(last.at - previous.at);
}

std::optional<double> idelta_over(const Window& window, std::span<const double>, const Context&) {
    if (window.points.size() < 2) return std::nullopt;
    return window.points.back().value - window.points[window.points.size() - 2].value;
}

std::optional<double> changes_over(const Window& window, std::span<const double>, const Context&) {
    std::size_t changes = 0;
    for (std::size_t i = 1; i < window.points.size(); ++i) {
        const double before = window.points[i - 1].value;
        const double now = window.points[i].value;
        if (now != before && !(std::isnan(now) && std::isnan(before))) ++changes;
    }
    return static_cast<double>(changes);
}

std::optional<double> resets_over(const Window& window, std::span<const double>, const Context&) {
    std::size_t resets = 0;
    for (std::size_t i = 1; i < window.points.size(); ++i) {
        if (window.points[i].value < window.points[i - 1].value) ++resets;
    }
    return static_cast<double>(resets);
}

}  // namespace outrider::rules::promql
