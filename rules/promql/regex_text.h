// Regular expressions as Prometheus's users write them.
#pragma once

#include <string>
#include <string_view>

namespace outrider::rules::promql {

/// A pattern of Go's dialect in that of the RE2 library. They are the same but for named groups, which Go also takes as
/// `(?<name>…)`, and RE2 before its version of 2023 only as `(?P<name>…)`.
[[nodiscard]] std::string re2_pattern(std::string_view pattern);

}  // namespace outrider::rules::promql
