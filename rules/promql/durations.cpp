#include "rules/promql/durations.h"

#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string_view>
#include <utility>
#include <variant>

#include "rules/promql/text.h"

namespace outrider::rules::promql {
namespace {

using Op = DurationExpr::Op;
using Problem = std::optional<DurationError>;
enum class Sign : std::uint8_t { any, positive };

bool is_of_query(const DurationExpr& expr) {
    return expr.op == Op::step || expr.op == Op::range || (expr.left && is_of_query(*expr.left)) ||
           (expr.right && is_of_query(*expr.right));
}

DurationError problem(const DurationExpr& expr, std::string_view message) {
    return {.begin = expr.begin, .end = expr.end, .message = std::string{message}, .of_query = is_of_query(expr)};
}

// As Go's math.Min and math.Max: NaN wins, but against the infinity that was asked for.
double extreme(double a, double b, double most) {
    if (a == most || b == most) return most;
    if (std::isnan(a) || std::isnan(b)) return std::numeric_limits<double>::quiet_NaN();
    return (most < 0) == (a < b) ? a : b;
}

/// Seconds, as a double of Prometheus's, or what is wrong.
std::variant<double, DurationError> seconds_of(const DurationExpr& expr, const QuerySpan& query) {
    double left = 0;
    double right = 0;
    for (const auto& [operand, value] : {std::pair{&expr.left, &left}, std::pair{&expr.right, &right}}) {
        if (!*operand) continue;
        auto found = seconds_of(**operand, query);
        if (std::holds_alternative<DurationError>(found)) return found;
        *value = std::get<double>(found);
    }
    constexpr double infinity = std::numeric_limits<double>::infinity();
    switch (expr.op) {
        case Op::literal: return expr.literal.value;
        case Op::step: return promql::seconds_of(query.step);
        case Op::range: return promql::seconds_of(query.range);
        case Op::min_of: return extreme(left, right, -infinity);
        case Op::max_of: return extreme(left, right, infinity);
        case Op::minus: return -right;
        case Op::add: return left + right;
        case Op::sub: return left - right;
        case Op::mul: return left * right;
        case Op::div:
            if (right == 0) return problem(expr, "division by zero");
            return left / right;
        case Op::mod:
            if (right == 0) return problem(expr, "modulo by zero");
            return std::fmod(left, right);
        case Op::pow: return std::pow(left, right);
    }
    return 0.0;
}

std::variant<Duration, DurationError> length_of(const DurationExpr& expr, const QuerySpan& query, Sign sign) {
    auto found = seconds_of(expr, query);
    if (auto* error = std::get_if<DurationError>(&found)) return std::move(*error);
    const auto seconds = std::get<double>(found);
    const auto milliseconds = std::trunc(seconds * 1000);
    constexpr double longest = static_cast<double>(kLongestDuration.count()) / 1e6;
    // Prometheus lets through what is cut off to nothing: such a window is empty, such a step the default.
    if (sign == Sign::positive && (seconds <= 0 || milliseconds == 0))
        return problem(expr, "duration must be greater than 0");
    if (!(std::abs(milliseconds) <= longest)) return problem(expr, "duration is out of range");
    return Duration{std::chrono::milliseconds{static_cast<std::int64_t>(milliseconds)}};
}

Duration length(Duration literal, const DurationExprPtr& expr, const QuerySpan& query, Sign sign) {
    if (!expr) return literal;
    const auto found = length_of(*expr, query, sign);
    const auto* value = std::get_if<Duration>(&found);
    return value == nullptr ? Duration{0} : *value;
}

/// In the order in which Prometheus looks at them.
class Checker {
public:
    explicit Checker(const QuerySpan& query) : query_(query) {}

    Problem check(const Expr& expr) {
        return std::visit([&](const auto& node) { return check(node, expr); }, expr.node);
    }

private:
    static Problem check(const NumberLiteral& /*node*/, const Expr& /*expr*/) { return {}; }
    static Problem check(const StringLiteral& /*node*/, const Expr& /*expr*/) { return {}; }
    Problem check(const VectorSelector& node, const Expr& expr) const {
        if (auto found = check(node.offset_expr, Sign::any)) return found;
        return check_reach(expr, std::chrono::abs(offset_of(node, query_)));
    }
    Problem check(const MatrixSelector& node, const Expr& expr) const {
        if (auto found = check(node.range_expr, Sign::positive)) return found;
        if (auto found = check(node.selector.offset_expr, Sign::any)) return found;
        return check_reach(expr, std::chrono::abs(offset_of(node.selector, query_)) + range_of(node, query_));
    }
    Problem check(const Subquery& node, const Expr& expr) {
        if (auto found = check(node.offset_expr, Sign::any)) return found;
        if (auto found = check(node.step_expr, Sign::positive)) return found;
        if (auto found = check(node.range_expr, Sign::positive)) return found;
        const auto reach = std::chrono::abs(offset_of(node, query_)) + range_of(node, query_);
        if (auto found = check_reach(expr, reach)) return found;
        outer_ += reach;
        auto found = check(*node.expr);
        outer_ -= reach;
        return found;
    }
    Problem check(const Paren& node, const Expr& /*expr*/) { return check(*node.expr); }
    Problem check(const Negation& node, const Expr& /*expr*/) { return check(*node.expr); }
    Problem check(const Binary& node, const Expr& /*expr*/) {
        auto found = check(*node.left);
        return found ? found : check(*node.right);
    }
    Problem check(const Aggregate& node, const Expr& /*expr*/) {
        auto found = check(*node.expr);
        return found || !node.param ? found : check(*node.param);
    }
    Problem check(const Call& node, const Expr& /*expr*/) {
        for (const auto& argument : node.args)
            if (auto found = check(*argument)) return found;
        return {};
    }

    [[nodiscard]] Problem check(const DurationExprPtr& expr, Sign sign) const {
        if (!expr) return {};
        auto found = length_of(*expr, query_, sign);
        if (auto* error = std::get_if<DurationError>(&found)) return std::move(*error);
        return {};
    }

    // Durations add up from the outermost subquery to the selector.
    [[nodiscard]] Problem check_reach(const Expr& expr, Duration reach) const {
        if (reach <= kLongestDuration - outer_) return {};
        return DurationError{.begin = expr.begin, .end = expr.end, .message = "duration is out of range"};
    }

    const QuerySpan& query_;
    Duration outer_{};  // what the subqueries around look back
};

}  // namespace

std::string DurationError::text() const { return fmt::format("{}:{}: {}", begin, end, message); }

std::optional<DurationError> duration_error(const Expr& expr, const QuerySpan& query) {
    return Checker{query}.check(expr);
}

Duration offset_of(const VectorSelector& node, const QuerySpan& query) {
    return length(node.offset, node.offset_expr, query, Sign::any);
}

Duration offset_of(const Subquery& node, const QuerySpan& query) {
    return length(node.offset, node.offset_expr, query, Sign::any);
}

Duration range_of(const MatrixSelector& node, const QuerySpan& query) {
    return length(node.range, node.range_expr, query, Sign::positive);
}

Duration range_of(const Subquery& node, const QuerySpan& query) {
    return length(node.range, node.range_expr, query, Sign::positive);
}

std::optional<Duration> step_of(const Subquery& node, const QuerySpan& query) {
    if (!node.step_expr) return node.step;
    return length({}, node.step_expr, query, Sign::positive);
}

}  // namespace outrider::rules::promql
