// Numbers as Go writes and reads them (its package strconv).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "outrider/result.h"

namespace outrider::rules::gotext {

/// `verb` is one of b e E f g G x X; a negative precision asks for the fewest digits that read back as the same number.
/// "+Inf", "-Inf" and "NaN" for what is no number. The precision is the caller's to bound. Go's %v is 'g' and -1 (0.1,
/// 123456, 1e+06, 5e-05), its %f is 'f' and 6.
[[nodiscard]] std::string format_float(double value, char verb, int precision);

/// ParseInt with base 0: 12, -0x1F, 0b101, 0o17, 017, 1_000. nullopt for anything else and for what 64 bits do not
/// hold.
[[nodiscard]] std::optional<std::int64_t> parse_integer(std::string_view text);

/// ParseFloat: the number that the whole text is. Decimal, hexadecimal with an exponent, underscores between digits,
/// inf, infinity and nan in any case. The error is Go's: `invalid syntax` or `value out of range`; too small is 0.
[[nodiscard]] Result<double> parse_float(std::string_view text);

/// What Prometheus's language takes for a number: an integer, and else a float.
[[nodiscard]] Result<double> parse_number(std::string_view text);

}  // namespace outrider::rules::gotext
