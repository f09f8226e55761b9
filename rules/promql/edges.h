// The values at which anchored and smoothed selectors take a series to begin and end (expr.h: Edges).
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "rules/promql/expr.h"
#include "rules/series.h"

namespace outrider::rules::promql {

/// A counter that is smaller than before has begun again at 0.
enum class Slope : std::uint8_t { gauge, counter };

/// A series from one end of a range to the other.
struct Stretch {
    double left = 0;
    double right = 0;
    std::span<const Point> inner;  ///< strictly between the ends
};

/// Of the points around [from, to], oldest first, not empty, no stale markers. Want anchored or smoothed, and none of
/// the points behind `to` when anchored. Nullopt when the series says nothing about the range: nothing is behind its
/// beginning, or, smoothed, nothing before its end.
/// Where there is no point beyond an end, the first or the last one within gives its value.
[[nodiscard]] std::optional<Stretch> stretch_of(std::span<const Point> points, Instant from, Instant to, Edges edges,
                                                Slope slope) noexcept;

/// What a smoothed selector sees at one moment; nullopt when all points are behind it.
[[nodiscard]] std::optional<double> value_at(std::span<const Point> points, Instant at) noexcept;

}  // namespace outrider::rules::promql
