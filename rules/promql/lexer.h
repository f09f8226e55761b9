// PromQL's tokens.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "rules/promql/parser.h"

namespace outrider::rules::promql {

enum class TokenKind : std::uint8_t {
    end,
    error,  ///< the text cannot be read on; always the last token
    identifier,
    metric_identifier,  ///< with a colon
    number,
    duration,
    string,
    left_paren,
    right_paren,
    left_brace,
    right_brace,
    left_bracket,
    right_bracket,
    comma,
    colon,
    assign,  ///< `=`
    match_regex,
    match_not_regex,
    // Operators
    add,
    sub,
    mul,
    div,
    mod,
    pow,
    equal,
    not_equal,
    greater,
    less,
    greater_equal,
    less_equal,
    at,
    atan2,
    set_and,
    set_or,
    set_unless,
    // Words
    aggregator,
    kw_bool,
    kw_by,
    kw_without,
    kw_on,
    kw_ignoring,
    kw_group_left,
    kw_group_right,
    kw_offset,
    kw_anchored,
    kw_smoothed,
    kw_start,
    kw_end,
    kw_step,
    kw_range,
    duration_word  ///< inside []: min_of, max_of, and what they were called before, min and max
};

struct Token {
    TokenKind kind = TokenKind::end;
    std::size_t offset = 0;
    std::string_view text;  ///< as written
    double amount = 0;      ///< of a number; of a duration, in seconds
    std::string value;      ///< of a string; of an error, its message
    std::string unsupported{};

    [[nodiscard]] std::size_t stop() const noexcept { return offset + text.size(); }
    /// As Prometheus names it in its messages: `identifier "x"`, `<op:+>`, `end of input`.
    [[nodiscard]] std::string describe() const;
};

/// All tokens of `text`, ended by one of kind `end` or `error`. Comments (# to the end of the line) are skipped. Views
/// into `text`.
[[nodiscard]] std::vector<Token> tokenize(std::string_view text);

}  // namespace outrider::rules::promql
