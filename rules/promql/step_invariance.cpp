#include "rules/promql/step_invariance.h"

#include <algorithm>
#include <array>
#include <variant>

#include "rules/promql/function_table.h"

namespace outrider::rules::promql {
namespace {

// Functions of the moment of the evaluation, or of the moments of their argument's elements.
bool looks_at_the_clock(FunctionId id) {
    using enum FunctionId;
    constexpr std::array ids{days_in_month, day_of_month, day_of_week,      day_of_year,    hour,     minute,
                             month,         year,         FunctionId::time, predict_linear, timestamp};
    return std::ranges::find(ids, id) != ids.end();
}

bool invariant(const NumberLiteral& /*node*/) { return true; }
bool invariant(const StringLiteral& /*node*/) { return true; }
bool invariant(const VectorSelector& node) { return node.at.has_value(); }
bool invariant(const MatrixSelector& node) { return node.selector.at.has_value(); }
bool invariant(const Subquery& node) { return node.at.has_value(); }
bool invariant(const Paren& node) { return is_step_invariant(*node.expr); }
bool invariant(const Negation& node) { return is_step_invariant(*node.expr); }
bool invariant(const Binary& node) { return is_step_invariant(*node.left) && is_step_invariant(*node.right); }
bool invariant(const Aggregate& node) { return is_step_invariant(*node.expr); }
bool invariant(const Call& node) {
    return !looks_at_the_clock(node.function->id) &&
           std::ranges::all_of(node.args, [](const ExprPtr& argument) { return is_step_invariant(*argument); });
}

}  // namespace

bool is_step_invariant(const Expr& expr) {
    return std::visit([](const auto& node) { return invariant(node); }, expr.node);
}

}  // namespace outrider::rules::promql
