#include "rules/promql/compiler.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "rules/promql/functions/edged_rates.h"
#include "rules/promql/functions/functions.h"
#include "rules/promql/nodes/aggregate.h"
#include "rules/promql/nodes/call.h"
#include "rules/promql/nodes/matching.h"
#include "rules/promql/nodes/operators.h"
#include "rules/promql/nodes/selector.h"

namespace outrider::rules::promql {
namespace {

// How far back a live store keeps series for `@ TIMESTAMP`, whose look-back would grow without end.
constexpr Duration kFixedMomentSpan = std::chrono::hours{1};

/// Of a range selector, in parentheses or not; plain for anything else.
Edges range_edges_of(const Expr& expr) {
    const auto* matrix = std::get_if<MatrixSelector>(&without_parens(expr).node);
    return matrix == nullptr ? Edges::plain : matrix->selector.edges;
}

/// Walks the tree; `reach` is how far before its own evaluation the part at hand is evaluated (within subqueries).
class Compiler {
public:
    Compiler(SeriesStore& store, const Options& options, const QuerySpan& query)
        : store_(store), options_(options), query_(query) {}

    Argument compile(const Expr& expr, Duration reach) {
        return std::visit([&](const auto& node) { return make(node, expr, reach); }, expr.node);
    }

private:
    VectorPtr vector(const Expr& expr, Duration reach) { return std::get<VectorPtr>(compile(expr, reach)); }
    ScalarPtr scalar(const Expr& expr, Duration reach) { return std::get<ScalarPtr>(compile(expr, reach)); }

    /// How much history the store must keep for a look `back` from the reference.
    static Duration span(Duration offset, const std::optional<AtModifier>& at, Duration reach, Duration back) {
        if (at && at->kind == AtModifier::Kind::timestamp) return kFixedMomentSpan;
        return std::max(reach + offset + back, Duration{0});
    }

    Argument make(const NumberLiteral& node, const Expr&, Duration) { return std::make_unique<NumberNode>(node.value); }
    Argument make(const StringLiteral& node, const Expr&, Duration) { return node.value; }
    Argument make(const Paren& node, const Expr&, Duration reach) { return compile(*node.expr, reach); }

    Argument make(const VectorSelector& node, const Expr&, Duration reach) {
        const bool smoothed = node.edges == Edges::smoothed;
        const auto back = smoothed ? options_.lookback : Duration{0};
        const auto offset = offset_of(node, query_);
        const auto& selection = store_.watch(node.matchers, span(offset, node.at, reach, back));
        if (smoothed) return std::make_unique<SmoothedSelectorNode>(selection, Reference{node.at, offset});
        return std::make_unique<InstantSelectorNode>(selection, Reference{node.at, offset});
    }

    Argument make(const MatrixSelector& node, const Expr&, Duration reach) {
        const auto& inner = node.selector;
        const auto offset = offset_of(inner, query_);
        const auto range = range_of(node, query_);
        const auto back = inner.edges == Edges::plain ? range : range + options_.lookback;
        const auto& selection = store_.watch(inner.matchers, span(offset, inner.at, reach, back));
        return std::make_unique<RangeSelectorNode>(selection, Reference{inner.at, offset}, range, inner.edges);
    }

    Argument make(const Subquery& node, const Expr&, Duration reach) {
        const auto offset = offset_of(node, query_);
        const auto range = range_of(node, query_);
        const auto step = step_of(node, query_).value_or(options_.subquery_step);
        auto inner = vector(*node.expr, span(offset, node.at, reach, range));
        return std::make_unique<SubqueryNode>(std::move(inner), Reference{node.at, offset}, range, step);
    }

    Argument make(const Negation& node, const Expr&, Duration reach) {
        auto inner = compile(*node.expr, reach);
        if (auto* number = std::get_if<ScalarPtr>(&inner))
            return std::make_unique<ScalarNegationNode>(std::move(*number));
        return std::make_unique<VectorNegationNode>(std::get<VectorPtr>(std::move(inner)));
    }

    Argument make(const Binary& node, const Expr&, Duration reach) {
        using Side = VectorScalarNode::Side;
        auto left = compile(*node.left, reach);
        auto right = compile(*node.right, reach);
        auto* left_number = std::get_if<ScalarPtr>(&left);
        auto* right_number = std::get_if<ScalarPtr>(&right);
        if (left_number != nullptr && right_number != nullptr)
            return std::make_unique<ScalarBinaryNode>(node.op, std::move(*left_number), std::move(*right_number));
        if (right_number != nullptr)
            return std::make_unique<VectorScalarNode>(node.op, node.return_bool, Side::vector_left,
                                                      std::get<VectorPtr>(std::move(left)), std::move(*right_number));
        if (left_number != nullptr)
            return std::make_unique<VectorScalarNode>(node.op, node.return_bool, Side::vector_right,
                                                      std::get<VectorPtr>(std::move(right)), std::move(*left_number));
        auto left_vector = std::get<VectorPtr>(std::move(left));
        auto right_vector = std::get<VectorPtr>(std::move(right));
        if (is_set_operator(node.op))
            return std::make_unique<SetOperatorNode>(node.op, node.matching, std::move(left_vector),
                                                     std::move(right_vector));
        return std::make_unique<MatchingNode>(node.op, node.return_bool, node.matching, std::move(left_vector),
                                              std::move(right_vector));
    }

    Argument make(const Aggregate& node, const Expr&, Duration reach) {
        auto inner = vector(*node.expr, reach);
        switch (node.op) {
            case AggregateOp::count_values:
                return std::make_unique<CountValuesNode>(std::get<std::string>(compile(*node.param, reach)),
                                                         node.without, node.labels, std::move(inner));
            case AggregateOp::topk:
            case AggregateOp::bottomk:
            case AggregateOp::limitk:
                return std::make_unique<SelectSomeNode>(node.op, group_keys(node.without, node.labels),
                                                        std::move(inner), scalar(*node.param, reach));
            case AggregateOp::sum:
            case AggregateOp::avg:
            case AggregateOp::min:
            case AggregateOp::max:
            case AggregateOp::count:
            case AggregateOp::group:
            case AggregateOp::stddev:
            case AggregateOp::stdvar:
            case AggregateOp::quantile: break;
        }
        auto parameter = node.param ? scalar(*node.param, reach) : nullptr;
        return std::make_unique<AggregateNode>(node.op, group_keys(node.without, node.labels), std::move(inner),
                                               std::move(parameter), node.param ? node.param->begin : 0);
    }

    Argument make(const Call& node, const Expr& expr, Duration reach) {
        std::vector<Argument> arguments;
        std::vector<std::size_t> begins;
        for (const auto& argument : node.args) {
            arguments.push_back(compile(*argument, reach));
            begins.push_back(argument->begin);
        }
        const auto implementation = implementation_of(node.function->id);
        if (const auto* build = std::get_if<VectorBuilder>(&implementation))
            return (*build)({std::move(arguments), expr.begin, std::move(begins), &node});
        if (const auto* build = std::get_if<ScalarBuilder>(&implementation))
            return (*build)({std::move(arguments), expr.begin, std::move(begins), &node});
        return make_mapped(node, implementation, std::move(arguments), begins);
    }

    /// A function of each value or each series: one vector or range among numbers.
    Argument make_mapped(const Call& node, const Implementation& implementation, std::vector<Argument> arguments,
                         const std::vector<std::size_t>& begins) {
        std::vector<ScalarPtr> parameters;
        VectorPtr inner;
        RangePtr range;
        std::size_t range_begin = 0;
        for (std::size_t i = 0; i < arguments.size(); ++i) {
            if (auto* number = std::get_if<ScalarPtr>(&arguments[i])) {
                parameters.push_back(std::move(*number));
            } else if (auto* window = std::get_if<RangePtr>(&arguments[i])) {
                range = std::move(*window);
                range_begin = begins[i];
            } else {
                inner = std::get<VectorPtr>(std::move(arguments[i]));
            }
        }
        if (const auto* function = std::get_if<RangeFunction>(&implementation)) {
            const auto edges = range_edges_of(*node.args.front());  // of more arguments check() lets none have edges
            return std::make_unique<RangeCallNode>(
                edges == Edges::plain ? *function : edged_function(node.function->id, edges),
                keeps_name(node.function->id), std::move(range), std::move(parameters), range_begin);
        }
        // The calendar's functions may be called without an argument: of the moment of the evaluation.
        if (!inner) inner = make_now();
        return std::make_unique<ValueCallNode>(std::get<ValueFunction>(implementation), std::move(inner),
                                               std::move(parameters));
    }

    static VectorPtr make_now() {
        std::vector<Argument> time;
        time.emplace_back(std::get<ScalarBuilder>(implementation_of(FunctionId::time))({}));
        return std::get<VectorBuilder>(implementation_of(FunctionId::vector))({std::move(time), 0, {0}, nullptr});
    }

    SeriesStore& store_;
    const Options& options_;
    const QuerySpan& query_;
};

}  // namespace

Argument compile(const Expr& expr, SeriesStore& store, const Options& options, const QuerySpan& query) {
    auto root = Compiler{store, options, query}.compile(expr, Duration{0});
    const auto edges = range_edges_of(expr);
    if (edges == Edges::plain) return root;
    return std::make_unique<EdgedRangeNode>(std::get<RangePtr>(std::move(root)), edges);
}

}  // namespace outrider::rules::promql
