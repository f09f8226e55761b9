// What is wrong with an expression that its grammar allows: types, numbers of arguments, matchers that match
// everything. Messages are Prometheus's.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <unordered_set>
#include <utility>

#include "rules/gotext/quote.h"
#include "rules/promql/function_table.h"
#include "rules/promql/grammar.h"
#include "rules/promql/scanner.h"
#include "rules/promql/text.h"

namespace outrider::rules::promql {
namespace {

using Problem = std::optional<ParseError>;

Problem problem(std::size_t offset, std::string message) { return ParseError{offset, std::move(message)}; }

// Prometheus's other names for them.
std::string_view short_name(ValueType type) {
    switch (type) {
        case ValueType::scalar: return "scalar";
        case ValueType::string: return "string";
        case ValueType::instant_vector: return "vector";
        case ValueType::range_vector: return "matrix";
    }
    return "";
}

bool is_operand(ValueType type) { return type == ValueType::scalar || type == ValueType::instant_vector; }

class Checker {
public:
    explicit Checker(std::string_view text) : text_(text) {}

    Problem check(const Expr& expr) {
        return std::visit([&](const auto& node) { return check(expr, node); }, expr.node);
    }

private:
    static Problem check(const Expr& /*expr*/, const NumberLiteral& /*node*/) { return {}; }
    static Problem check(const Expr& /*expr*/, const StringLiteral& /*node*/) { return {}; }

    Problem check(const Expr& expr, const VectorSelector& node) const {
        for (const auto& matcher : node.matchers) {
            if (node.name.empty()) break;
            if (matcher.label() == kMetricName && &matcher != &node.matchers.front())
                return problem(expr.begin, fmt::format("metric name must not be set twice: {} or {}",
                                                       gotext::quote(node.name), gotext::quote(matcher.value())));
        }
        if (std::ranges::all_of(node.matchers, [](const Matcher& matcher) { return matcher.matches(""); }))
            return problem(expr.begin, "vector selector must contain at least one non-empty matcher");
        return check_reach(expr, std::chrono::abs(node.offset));
    }

    Problem check(const Expr& expr, const MatrixSelector& node) {
        if (auto found = check(expr, node.selector)) return found;
        return check_reach(expr, std::chrono::abs(node.selector.offset) + node.range);
    }

    Problem check(const Expr& expr, const Subquery& node) {
        const auto reach = std::chrono::abs(node.offset) + node.range;
        if (auto found = check_reach(expr, reach)) return found;
        outer_ += reach;
        auto inner = check(*node.expr);
        outer_ -= reach;
        if (inner) return inner;
        if (node.expr->type == ValueType::instant_vector) return {};
        return problem(expr.begin, fmt::format("subquery is only allowed on instant vector, got {} instead",
                                               short_name(node.expr->type)));
    }

    // Durations add up from the outermost subquery to the selector.
    [[nodiscard]] Problem check_reach(const Expr& expr, Duration reach) const {
        if (reach <= kLongestDuration - outer_) return {};
        return problem(expr.begin, "duration out of range");
    }

    Problem check(const Expr& /*expr*/, const Paren& node) { return check(*node.expr); }

    Problem check(const Expr& expr, const Negation& node) {
        if (auto found = check(*node.expr)) return found;
        if (is_operand(node.expr->type)) return {};
        return problem(expr.begin,
                       fmt::format("unary expression only allowed on expressions of type scalar or instant vector, "
                                   "got \"{}\"",
                                   to_string(node.expr->type)));
    }

    Problem check(const Expr& expr, const Binary& node) {
        if (auto found = check(*node.left)) return found;
        if (auto found = check(*node.right)) return found;
        if (auto found = check_operator(node)) return found;
        for (const auto* side : {&node.left, &node.right})
            if (!is_operand((*side)->type))
                return problem((*side)->begin, "binary expression must contain only scalar and instant vector types");
        return check_matching(expr, node);
    }

    Problem check_operator(const Binary& node) const {
        if (node.return_bool && !is_comparison(node.op))
            return problem(operator_offset(node), "bool modifier can only be used on comparison operators");
        const bool scalars = node.left->type == ValueType::scalar && node.right->type == ValueType::scalar;
        if (is_comparison(node.op) && !node.return_bool && scalars)
            return problem(operator_offset(node), "comparisons between scalars must use BOOL modifier");
        if (!node.matching.on) return {};
        const std::unordered_set<std::string_view> include{node.matching.include.begin(), node.matching.include.end()};
        for (const auto& label : node.matching.labels)
            if (include.contains(label))
                return problem(
                    operator_offset(node),
                    fmt::format("label {} must not occur in ON and GROUP clause at once", gotext::quote(label)));
        return {};
    }

    static Problem check_matching(const Expr& expr, const Binary& node) {
        using Card = VectorMatching::Card;
        const bool vectors =
            node.left->type == ValueType::instant_vector && node.right->type == ValueType::instant_vector;
        if (!vectors && !node.matching.labels.empty())
            return problem(expr.begin, "vector matching only allowed between instant vectors");
        if (!is_set_operator(node.op)) return {};
        if (!vectors)
            return problem(expr.begin, fmt::format("set operator \"{}\" not allowed in binary scalar expression",
                                                   to_string(node.op)));
        if (node.matching.card == Card::many_to_one || node.matching.card == Card::one_to_many)
            return problem(expr.begin, fmt::format("no grouping allowed for \"{}\" operation", to_string(node.op)));
        return {};
    }

    Problem check(const Expr& /*expr*/, const Aggregate& node) {
        if (auto found = expect(*node.expr, ValueType::instant_vector, "aggregation expression")) return found;
        if (!node.param) return {};
        const bool text = node.op == AggregateOp::count_values;
        return expect(*node.param, text ? ValueType::string : ValueType::scalar, "aggregation parameter");
    }

    Problem check(const Expr& expr, const Call& node) {
        const auto& function = *node.function;
        const auto least = function.least();
        const auto most = function.most();
        const auto given = node.args.size();
        if (given < least || (most && given > *most)) {
            const auto wanted = least == most   ? fmt::format("{}", least)
                                : given < least ? fmt::format("at least {}", least)
                                                : fmt::format("at most {}", *most);
            return problem(expr.begin, fmt::format("expected {} argument(s) in call to \"{}\", got {}", wanted,
                                                   function.name, given));
        }
        for (std::size_t i = 0; i < given; ++i) {
            const auto context = fmt::format("call to function \"{}\"", function.name);
            if (auto found = expect(*node.args[i], function.argument(i), context)) return found;
            if (auto found = check_edges(expr, function, without_parens(*node.args[i]))) return found;
        }
        return {};
    }

    static Problem check_edges(const Expr& call, const Function& function, const Expr& argument) {
        const auto* matrix = std::get_if<MatrixSelector>(&argument.node);
        if (matrix == nullptr || matrix->selector.edges == Edges::plain) return {};
        const auto edges = matrix->selector.edges;
        const auto able = functions_of(edges);
        if (std::ranges::find(able, function.name) != able.end()) return {};
        auto found = problem(call.begin, fmt::format("{} modifier can only be used with: {} - not with {}",
                                                     to_string(edges), fmt::join(able, ", "), function.name));
        found->on_evaluation = true;
        return found;
    }

    Problem expect(const Expr& expr, ValueType wanted, std::string_view context) {
        if (auto found = check(expr)) return found;
        if (expr.type == wanted) return {};
        return problem(expr.begin,
                       fmt::format("expected type {} in {}, got {}", to_string(wanted), context, to_string(expr.type)));
    }

    [[nodiscard]] std::size_t operator_offset(const Binary& node) const {
        auto offset = node.left->end;
        while (offset < text_.size() && is_space(text_[offset])) ++offset;
        return offset;
    }

    std::string_view text_;
    Duration outer_{};  // what the subqueries around look back
};

}  // namespace

std::optional<ParseError> check(const Expr& expr, std::string_view text) { return Checker{text}.check(expr); }

}  // namespace outrider::rules::promql
