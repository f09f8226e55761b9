// Numbers as Prometheus (Go) writes them.
#pragma once

#include <string>

namespace outrider::rules::promql {

/// The shortest text that gives the number back: 0.1, 123456, 1e+06, 5e-05, NaN, +Inf, -Inf.
[[nodiscard]] std::string number_text(double value);

/// The same without an exponent, whatever the length.
[[nodiscard]] std::string number_text_without_exponent(double value);

}  // namespace outrider::rules::promql
