// Text to Expr.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>

#include "rules/promql/comparison_ast.h"

namespace outrider::rules::comparison {

struct ParseError {
    std::size_t offset = 0;  ///< of the offending byte in the text
    std::string message;     ///< what was wanted and what was found
};

/// PromQL outside the supported part is an error that names the construct, never a silent difference.
[[nodiscard]] std::variant<Expr, ParseError> parse(std::string_view text);

}  // namespace outrider::rules::comparison
