#include "rules/promql/edges.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <iterator>

namespace outrider::rules::promql {
namespace {

// Prometheus counts milliseconds: with another unit the product below would be rounded elsewhere.
double milliseconds(Duration d) noexcept {
    const auto whole = std::chrono::duration_cast<std::chrono::milliseconds>(d);
    return static_cast<double>(whole.count()) + static_cast<double>((d - whole).count()) / 1e6;
}

double between(const Point& before, const Point& behind, Instant at, Slope slope) noexcept {
    const double start = slope == Slope::counter && behind.value < before.value ? 0 : before.value;
    return start + (behind.value - start) * milliseconds(at - before.at) / milliseconds(behind.at - before.at);
}

}  // namespace

std::optional<Stretch> stretch_of(std::span<const Point> points, Instant from, Instant to, Edges edges,
                                  Slope slope) noexcept {
    const bool smoothed = edges == Edges::smoothed;
    if (points.empty() || points.back().at <= from) return std::nullopt;
    if (smoothed && points.front().at > to) return std::nullopt;

    // The newest point at or before the left end, else the first; one behind it there is in any case.
    auto first = std::ranges::upper_bound(points, from, {}, &Point::at);
    if (first != points.begin()) --first;
    // The oldest point at or behind the right end, else the last.
    auto last = std::prev(points.end());
    if (smoothed) last = std::ranges::lower_bound(points.begin(), last, to, {}, &Point::at);

    Stretch stretch;
    stretch.left = smoothed && first->at < from ? between(*first, *std::next(first), from, slope) : first->value;
    stretch.right = smoothed && last->at > to ? between(*std::prev(last), *last, to, slope) : last->value;
    if (first->at <= from) ++first;
    const auto end = last->at >= to ? last : std::next(last);
    if (first < end) stretch.inner = {first, end};
    return stretch;
}

std::optional<double> value_at(std::span<const Point> points, Instant at) noexcept {
    const auto behind = std::ranges::lower_bound(points, at, {}, &Point::at);
    if (behind != points.end() && behind->at == at) return behind->value;
    if (behind == points.begin()) return std::nullopt;
    const auto& before = *std::prev(behind);
    return behind == points.end() ? before.value : between(before, *behind, at, Slope::gauge);
}

}  // namespace outrider::rules::promql
