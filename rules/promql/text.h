// How we write numbers and durations in PromQL. What Go makes of them is in rules/gotext.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "outrider/time.h"

namespace outrider::rules::promql {

/// What @ may name: from 1823 to 2116. And the longest duration, 109 years; all that lie on one path through an
/// expression together are no longer either. So a moment and what is looked back from it fit into 64 bits of
/// nanoseconds, with 36 years to spare.
inline constexpr Duration kFarthestMoment{std::int64_t{1} << 62};
inline constexpr Duration kLongestDuration{std::int64_t{3} << 60};

/// Seconds of a range, step or offset: to the nanosecond, above 13 days to the millisecond, since a double of seconds
/// then holds little more. nullopt beyond kLongestDuration and for NaN.
[[nodiscard]] std::optional<Duration> duration_of(double seconds);

/// The other way round, without a rounding error of its own for whole milliseconds.
[[nodiscard]] double seconds_of(Duration duration) noexcept;

/// As Prometheus prints a duration, years and weeks only when they come out even: `1y`, `10d`, `1h30m`; what is no
/// whole number of milliseconds as a number of seconds. parse reads it back. Want |duration| <= kLongestDuration.
[[nodiscard]] std::string duration_literal(Duration duration);

/// The shortest number that reads back as `value`. NaN, +Inf, -Inf. Without an exponent from 1e-6 to below 1e21, where
/// Go would write 1e+06: an expression is printed for people, who wrote 1000000.
[[nodiscard]] std::string number_literal(double value);

/// ASCII letters only.
[[nodiscard]] std::string lower_case(std::string_view text);

}  // namespace outrider::rules::promql
