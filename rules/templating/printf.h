// Values as Go's package fmt prints them.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "rules/templating/value.h"

namespace outrider::rules::templating {

/// Go's Sprintf: flags, width, precision, `*`, `[n]`; what does not fit is told in place, as in `%!d(string=hi)`. Stops
/// soon after the text has become longer than kLongestText.
[[nodiscard]] std::string sprintf(std::string_view format, std::span<const Value> arguments);

/// Go's Sprint: a blank between two neighbours neither of which is a string.
[[nodiscard]] std::string sprint(std::span<const Value> arguments);

/// Go's Sprintln: a blank between all, and a line's end.
[[nodiscard]] std::string sprintln(std::span<const Value> arguments);

/// What {{ value }} prints: sprint, but <no value> for nothing.
[[nodiscard]] std::string show(const Value& value);

}  // namespace outrider::rules::templating
