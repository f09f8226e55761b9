// How PromQL writes numbers, durations and strings: text to value and back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "outrider/time.h"

namespace outrider::rules::promql {

/// What @ may name: from 1823 to 2116. And the longest duration, 109 years; all that lie on one path through an
/// expression together are no longer either. So a moment and what is looked back from it fit into 64 bits of
/// nanoseconds, with 36 years to spare.
inline constexpr Duration kFarthestMoment{std::int64_t{1} << 62};
inline constexpr Duration kLongestDuration{std::int64_t{3} << 60};

/// A number as Go's strconv reads it: decimal, 0x…, octal after a leading 0, underscores between digits, an exponent.
/// The error is what Go says of it: `invalid syntax` or `value out of range`.
[[nodiscard]] std::variant<double, std::string_view> parse_number(std::string_view text);

/// Seconds of a range, step or offset: to the nanosecond, above 13 days to the millisecond, since a double of seconds
/// then holds little more. nullopt beyond kLongestDuration and for NaN.
[[nodiscard]] std::optional<Duration> duration_of(double seconds);

/// The other way round, without a rounding error of its own for whole milliseconds.
[[nodiscard]] double seconds_of(Duration duration) noexcept;

/// As Prometheus prints a duration, years and weeks only when they come out even: `1y`, `10d`, `1h30m`; what is no
/// whole number of milliseconds as a number of seconds. parse reads it back. Want |duration| <= kLongestDuration.
[[nodiscard]] std::string duration_literal(Duration duration);

/// The shortest number that reads back as `value`; without an exponent while that is short. NaN, +Inf, -Inf.
[[nodiscard]] std::string number_literal(double value);

/// ASCII letters only.
[[nodiscard]] std::string lower_case(std::string_view text);

/// Size of the UTF-8 sequence that `text` begins with; 0 when it begins with none.
[[nodiscard]] std::size_t utf8_length(std::string_view text) noexcept;
[[nodiscard]] bool is_utf8(std::string_view text) noexcept;

/// In double quotes, with Go's escapes.
[[nodiscard]] std::string quoted(std::string_view text);

/// The character that `text` begins with, in single quotes, for error messages.
[[nodiscard]] std::string quoted_character(std::string_view text);

}  // namespace outrider::rules::promql
