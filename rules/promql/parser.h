// Text to a checked Expr.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>

#include "rules/promql/expr.h"

namespace outrider::rules::promql {

struct ParseError {
    std::size_t offset = 0;  ///< of the offending byte in the text, at most its size
    std::string message;     ///< what was wanted and what was found
    /// The name of what Prometheus has and we do not, such as "native histogram literal"; empty for plain mistakes.
    std::string unsupported{};
    bool on_evaluation = false;  ///< Prometheus takes the text, and says this when it evaluates it
};

using ParseResult = std::variant<ExprPtr, ParseError>;

/// PromQL of Prometheus 3 over float samples, type-checked. What is outside of that is an error that names the
/// construct, never a silent difference. Bounded: text of at most 64 KiB, nesting of at most 200, a tree of at most
/// 1000 levels, 500 regular expressions, looking back 109 years at most. Durations that are expressions are read only:
/// duration_error() says whether they come to something.
[[nodiscard]] ParseResult parse(std::string_view text);

/// A series as it is written in tests: `name{label="value", …}` or `{…}`, only `=`.
[[nodiscard]] std::variant<Labels, ParseError> parse_series(std::string_view text);

}  // namespace outrider::rules::promql
