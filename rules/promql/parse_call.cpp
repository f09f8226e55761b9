// Calls, aggregations, and lists of labels.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "rules/gotext/quote.h"
#include "rules/gotext/utf8.h"
#include "rules/promql/function_table.h"
#include "rules/promql/grammar.h"
#include "rules/promql/text.h"

namespace outrider::rules::promql {
namespace {

using enum TokenKind;

constexpr std::array kAggregations{
    AggregateOp::sum,      AggregateOp::avg,          AggregateOp::min,    AggregateOp::max,  AggregateOp::count,
    AggregateOp::group,    AggregateOp::stddev,       AggregateOp::stdvar, AggregateOp::topk, AggregateOp::bottomk,
    AggregateOp::quantile, AggregateOp::count_values, AggregateOp::limitk};

constexpr std::array kWithParameter{AggregateOp::topk, AggregateOp::bottomk, AggregateOp::quantile,
                                    AggregateOp::count_values, AggregateOp::limitk};

bool has_parameter(AggregateOp op) { return std::ranges::find(kWithParameter, op) != kWithParameter.end(); }

// nullopt for limit_ratio, which the lexer takes for an aggregation too.
std::optional<AggregateOp> aggregation(std::string_view name) {
    const auto lower = lower_case(name);
    const auto found = std::ranges::find_if(kAggregations, [&](AggregateOp op) { return to_string(op) == lower; });
    if (found == kAggregations.end()) return std::nullopt;
    return *found;
}

// All words but without, as in Prometheus.
constexpr std::array kLabelWords{
    identifier, metric_identifier, aggregator,    set_and,        set_or,    set_unless,  atan2,       kw_bool,  kw_by,
    kw_on,      kw_ignoring,       kw_group_left, kw_group_right, kw_offset, kw_anchored, kw_smoothed, kw_start, kw_end,
    kw_step,    kw_range};

bool may_be_label(TokenKind kind) { return std::ranges::find(kLabelWords, kind) != kLabelWords.end(); }

}  // namespace

bool begins_operand(TokenKind kind) noexcept {
    return may_name_metric(kind) || kind == number || kind == duration || kind == string || kind == left_paren ||
           kind == left_brace || kind == add || kind == sub;
}

bool Grammar::arguments(std::vector<Tree>& out) {
    take();
    if (accept(right_paren)) return true;
    while (true) {
        auto argument = nested(0);
        if (!argument) return false;
        out.push_back(std::move(argument));
        if (accept(right_paren)) return true;
        if (!is(comma)) {
            unexpected();
            return false;
        }
        const auto at = take().offset;
        if (!begins_operand(peek().kind) && !is(TokenKind::error)) {
            fail(at, "trailing commas not allowed in function call args");
            return false;
        }
    }
}

Tree Grammar::call() {
    const auto& name = take();
    std::vector<Tree> given;
    if (!arguments(given)) return {};
    const auto end = tokens_[next_ - 1].stop();
    Call node;
    node.function = find_function(name.text);
    if (node.function == nullptr) {
        if (const auto why = unsupported_function(name.text); !why.empty()) {
            unsupported(name.offset, fmt::format("function {}", name.text), why);
        } else if (name.kind != identifier) {
            unsupported(name.offset, fmt::format("function {}", name.text));
        } else {
            fail(name.offset, "unknown function with name " + gotext::quote(name.text));
        }
        return {};
    }
    std::size_t height = 0;
    for (auto& argument : given) {
        height = std::max(height, argument.height);
        node.args.push_back(std::move(argument.expr));
    }
    const auto type = node.function->result;
    return make(std::move(node), type, name.offset, end, height);
}

Tree Grammar::aggregate() {
    const auto& name = take();
    const auto op = aggregation(name.text);
    if (!op) {
        unsupported(name.offset, fmt::format("aggregation {}", lower_case(name.text)));
        return {};
    }
    ++open_aggregations_;
    Aggregate node;
    node.op = *op;
    const bool first = is(kw_by) || is(kw_without);
    if (first && !grouping(node)) return {};
    if (!is(left_paren)) {
        unexpected();
        return {};
    }
    std::vector<Tree> given;
    if (!arguments(given)) return {};
    if (!first && (is(kw_by) || is(kw_without)) && !grouping(node)) return {};
    --open_aggregations_;
    return aggregate_of(std::move(node), name, std::move(given));
}

Tree Grammar::aggregate_of(Aggregate node, const Token& name, std::vector<Tree> given) {
    if (given.empty()) {
        fail(name.offset, "no arguments for aggregate expression provided");
        return {};
    }
    const std::size_t wanted = has_parameter(node.op) ? 2 : 1;
    if (given.size() != wanted) {
        fail(name.offset,
             fmt::format("wrong number of arguments for aggregate expression provided, expected {}, got {}", wanted,
                         given.size()));
        return {};
    }
    const auto height = std::max(given.front().height, given.back().height);
    node.expr = std::move(given.back().expr);
    if (wanted == 2) node.param = std::move(given.front().expr);
    return make(std::move(node), ValueType::instant_vector, name.offset, tokens_[next_ - 1].stop(), height);
}

bool Grammar::grouping(Aggregate& node) {
    node.without = take().kind == kw_without;
    return grouping_labels(node.labels);
}

bool Grammar::grouping_labels(std::vector<std::string>& out) {
    constexpr std::string_view context = "grouping opts";
    if (!accept(left_paren)) {
        unexpected(context, "\"(\"");
        return false;
    }
    while (!accept(right_paren)) {
        if (!grouping_label(out)) return false;
        if (!is(comma) && !is(right_paren)) {
            unexpected(context, "\",\" or \")\"");
            return false;
        }
        accept(comma);
    }
    return true;
}

bool Grammar::grouping_label(std::vector<std::string>& out) {
    const auto& token = peek();
    if (token.kind != string && !may_be_label(token.kind)) {
        unexpected("grouping opts", "label");
        return false;
    }
    auto label = token.kind == string ? token.value : std::string{token.text};
    if (label.empty() || !gotext::is_utf8(label)) {
        fail(token.offset, "invalid label name for grouping: " + gotext::quote(label));
        return false;
    }
    out.push_back(std::move(label));
    take();
    return true;
}

}  // namespace outrider::rules::promql
