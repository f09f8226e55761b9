// PromQL's tokens.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "rules/promql/comparison_parser.h"

namespace outrider::rules::comparison {

enum class TokenKind : std::uint8_t { end, identifier, number, string, symbol };

struct Token {
    TokenKind kind = TokenKind::end;
    std::size_t offset = 0;
    std::string text;   ///< as written; for a string, its value
    double number = 0;  ///< of a number token

    /// For error messages: `end of expression`, `string "x"`, `"foo"`.
    [[nodiscard]] std::string describe() const;
};

/// All tokens of `text`, ended by one of kind `end`. Comments (# to the end of the line) are skipped.
[[nodiscard]] std::variant<std::vector<Token>, ParseError> tokenize(std::string_view text);

}  // namespace outrider::rules::comparison
