// Numbers in labels and messages as Go reads and writes them, where that differs from PromQL's own text.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace outrider::rules::promql {

/// As strconv.ParseFloat: decimal or hexadecimal, `Inf`, `infinity`, `NaN` in any case. nullopt for anything else, and
/// for what is too large for a double.
[[nodiscard]] std::optional<double> go_float(std::string_view text);

/// As %f: six digits behind the point.
[[nodiscard]] std::string go_fixed(double value);

}  // namespace outrider::rules::promql
