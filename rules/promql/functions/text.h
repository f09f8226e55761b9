// Strings and numbers as Prometheus's messages and labels spell them: in Go's way.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace outrider::rules::promql {

/// As Go's %f: six digits behind the point.
[[nodiscard]] std::string go_fixed(double value);

/// As Go's %q: in double quotes, with escapes.
[[nodiscard]] std::string go_quoted(std::string_view text);

/// As Go's strconv.ParseFloat: decimal or hexadecimal, `Inf`, `infinity`, `NaN` in any case. nullopt for anything else,
/// and for what is too large for a double.
[[nodiscard]] std::optional<double> go_float(std::string_view text);

/// Whether Prometheus takes it as a label's name: any UTF-8 that is not empty.
[[nodiscard]] bool is_utf8_label_name(std::string_view name) noexcept;

}  // namespace outrider::rules::promql
