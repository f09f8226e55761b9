// Numbers as templates write them.
#pragma once

#include <optional>
#include <string_view>

#include "rules/templating/value.h"

namespace outrider::rules::templating {

/// 12, -0x1F, 0b101, 0o17, 017, 1_000 are int; what has a point or an exponent is float64, as in Go. nullopt: neither,
/// or too large.
[[nodiscard]] std::optional<Value> parse_number(std::string_view text);

}  // namespace outrider::rules::templating
