// PromQL as a tree. A parsed Expr has been checked: names are known, types agree, so that evaluating can fail only on
// data.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "outrider/time.h"
#include "rules/promql/matcher.h"

namespace outrider::rules::promql {

struct Function;  // function_table.h
struct Expr;
using ExprPtr = std::unique_ptr<const Expr>;

enum class ValueType : std::uint8_t { scalar, string, instant_vector, range_vector };

/// Prometheus's words: `scalar`, `string`, `instant vector`, `range vector`.
[[nodiscard]] std::string_view to_string(ValueType type) noexcept;

struct NumberLiteral {
    double value = 0;
    bool duration = false;  ///< written as a duration; the value is in seconds
};

struct StringLiteral {
    std::string value;
};

/// `@ 1609746000`, `@ start()`, `@ end()`. Start and end are those of the whole query; an instant query has one moment.
struct AtModifier {
    enum class Kind : std::uint8_t { timestamp, start, end };
    Kind kind = Kind::timestamp;
    Instant timestamp{};
};

/// How a selector finds the values at which its range begins and ends.
enum class Edges : std::uint8_t {
    plain,     ///< it does not: only what lies within counts
    anchored,  ///< those of the newest sample before each end; of a moment: plain
    smoothed   ///< on the line between the samples before and behind
};

[[nodiscard]] std::string_view to_string(Edges edges) noexcept;

struct DurationExpr;
using DurationExprPtr = std::shared_ptr<const DurationExpr>;  // copies of a selector share it

/// A duration that is no literal: `5m * 2`, `max_of(step(), 5s)`. Its value is in seconds; durations.h works it out.
struct DurationExpr {
    enum class Op : std::uint8_t { literal, step, range, min_of, max_of, minus, add, sub, mul, div, mod, pow };
    Op op = Op::literal;
    NumberLiteral literal{};
    DurationExprPtr left{};   ///< of what has two operands
    DurationExprPtr right{};  ///< of those, and of minus
    bool wrapped = false;     ///< in parentheses; literals lose them
    std::size_t begin = 0;    ///< where Prometheus says it is: from operand to operand, without any parentheses around
    std::size_t end = 0;
};

/// Where a duration is an expression, the field beside it is empty.
struct VectorSelector {
    std::string name;   ///< as written before the braces; empty when it was not
    Matchers matchers;  ///< all of them, that of the name included; at least one does not match ""
    Duration offset{};  ///< may be negative
    std::optional<AtModifier> at;
    Edges edges = Edges::plain;
    DurationExprPtr offset_expr{};
};

struct MatrixSelector {
    VectorSelector selector;
    Duration range{};  ///< > 0
    DurationExprPtr range_expr{};
};

struct Subquery {
    ExprPtr expr;  ///< an instant vector
    Duration range{};
    std::optional<Duration> step;  ///< > 0; absent: the evaluator's default
    Duration offset{};
    std::optional<AtModifier> at;
    DurationExprPtr range_expr{};
    DurationExprPtr step_expr{};
    DurationExprPtr offset_expr{};
};

struct Paren {
    ExprPtr expr;
};

struct Negation {
    ExprPtr expr;  ///< a scalar or an instant vector. A unary plus leaves no node.
};

enum class BinaryOp : std::uint8_t {
    add,
    sub,
    mul,
    div,
    mod,
    pow,
    atan2,  // arithmetic
    equal,
    not_equal,
    greater,
    less,
    greater_equal,
    less_equal,  // comparison
    set_and,
    set_or,
    set_unless  // set operators
};

[[nodiscard]] std::string_view to_string(BinaryOp op) noexcept;
[[nodiscard]] constexpr bool is_comparison(BinaryOp op) noexcept {
    return op >= BinaryOp::equal && op <= BinaryOp::less_equal;
}
[[nodiscard]] constexpr bool is_set_operator(BinaryOp op) noexcept { return op >= BinaryOp::set_and; }

/// How two vectors find each other. Prometheus's card names: the side that may have many comes first in many_to_one.
struct VectorMatching {
    enum class Card : std::uint8_t { one_to_one, many_to_one, one_to_many, many_to_many };
    Card card = Card::one_to_one;
    bool on = false;                   ///< match on `labels` only; else on all but those (and the metric's name)
    std::vector<std::string> labels;   ///< of on() or ignoring()
    std::vector<std::string> include;  ///< of group_left() or group_right()
};

struct Binary {
    BinaryOp op = BinaryOp::add;
    ExprPtr left;
    ExprPtr right;
    bool return_bool = false;  ///< `bool`: 0 and 1 instead of a filter
    VectorMatching matching;   ///< means something only between two vectors; set operators are many_to_many
};

enum class AggregateOp : std::uint8_t {
    sum,
    avg,
    min,
    max,
    count,
    group,
    stddev,
    stdvar,
    topk,
    bottomk,
    quantile,
    count_values,
    limitk
};

[[nodiscard]] std::string_view to_string(AggregateOp op) noexcept;

struct Aggregate {
    AggregateOp op = AggregateOp::sum;
    ExprPtr expr;
    ExprPtr param;  ///< of topk, bottomk, quantile, limitk (a scalar) and count_values (a string); else empty
    bool without = false;
    std::vector<std::string> labels;  ///< of by() or without()
};

struct Call {
    const Function* function = nullptr;  ///< a line of functions.def
    std::vector<ExprPtr> args;           ///< as many as written; optional ones may be missing
};

struct Expr {
    using Node = std::variant<NumberLiteral, StringLiteral, VectorSelector, MatrixSelector, Subquery, Paren, Negation,
                              Binary, Aggregate, Call>;
    Node node;
    ValueType type = ValueType::scalar;
    std::size_t begin = 0;  ///< offset of its first byte in the text
    std::size_t end = 0;    ///< offset behind its last
};

/// The expression as canonical text: parsing it gives an equal tree. Prometheus's style of spaces; by() and without()
/// behind the operator's name.
[[nodiscard]] std::string to_text(const Expr& expr);
[[nodiscard]] std::string to_text(const DurationExpr& expr);

/// The expression without the parentheses around it.
[[nodiscard]] const Expr& without_parens(const Expr& expr) noexcept;

/// All vector selectors below `expr`, in the order of the text.
[[nodiscard]] std::vector<const VectorSelector*> selectors_of(const Expr& expr);

}  // namespace outrider::rules::promql
