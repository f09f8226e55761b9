// Selectors, their ranges and modifiers.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "rules/gotext/number.h"
#include "rules/promql/grammar.h"
#include "rules/promql/parser.h"
#include "rules/promql/text.h"

namespace outrider::rules::promql {
namespace {

using enum TokenKind;

constexpr std::string_view kLengthWanted = "number, duration, step(), or range()";

std::optional<MatchOp> match_op(TokenKind kind) {
    if (kind == assign) return MatchOp::equal;
    if (kind == not_equal) return MatchOp::not_equal;
    if (kind == match_regex) return MatchOp::regex;
    if (kind == match_not_regex) return MatchOp::not_regex;
    return std::nullopt;
}

// Where offset and @ of an operand are kept; nothing when it is no selector and no subquery.
struct Modifiers {
    Duration* offset = nullptr;
    DurationExprPtr* offset_expr = nullptr;
    std::optional<AtModifier>* at = nullptr;
};
template <class Node>
Modifiers modifiers_in(Node& node) {
    return {&node.offset, &node.offset_expr, &node.at};
}
Modifiers modifiers_of(Expr& expr) {
    if (auto* vector = std::get_if<VectorSelector>(&expr.node)) return modifiers_in(*vector);
    if (auto* matrix = std::get_if<MatrixSelector>(&expr.node)) return modifiers_in(matrix->selector);
    if (auto* subquery = std::get_if<Subquery>(&expr.node)) return modifiers_in(*subquery);
    return {};
}

}  // namespace

bool may_name_metric(TokenKind kind) noexcept {
    constexpr std::array words{identifier, metric_identifier, aggregator, set_and,     set_or,      set_unless,
                               kw_by,      kw_without,        kw_offset,  kw_anchored, kw_smoothed, kw_start,
                               kw_end,     kw_step,           kw_range};
    return std::ranges::find(words, kind) != words.end();
}

Tree Grammar::postfix() {
    auto tree = primary();
    while (tree) {
        if (is(left_bracket)) {
            tree = bracket(std::move(tree));
        } else if (is(kw_offset)) {
            tree = offset(std::move(tree));
        } else if (is(TokenKind::at)) {
            tree = at(std::move(tree));
        } else if (is(kw_anchored) || is(kw_smoothed)) {
            tree = edges(std::move(tree));
        } else {
            return tree;
        }
    }
    return tree;
}

Tree Grammar::selector() {
    const auto begin = peek().offset;
    auto end = begin;
    VectorSelector node;
    if (!is(left_brace)) {
        const auto& name = take();
        end = name.stop();
        node.name = name.text;
        node.matchers.push_back(*Matcher::make(std::string{kMetricName}, MatchOp::equal, node.name));
    }
    if (is(left_brace)) {
        if (!matchers(node)) return {};
        end = tokens_[next_ - 1].stop();
    }
    return make(std::move(node), ValueType::instant_vector, begin, end, 0);
}

bool Grammar::matchers(VectorSelector& out) {
    take();
    while (!accept(right_brace)) {
        if (!matcher(out)) return false;
        if (!is(comma) && !is(right_brace)) {
            unexpected("label matching", "\",\" or \"}\"");
            return false;
        }
        accept(comma);
    }
    return true;
}

bool Grammar::matcher(VectorSelector& out) {
    constexpr std::string_view context = "label matching";
    const auto& label = peek();
    if (label.kind != identifier && label.kind != string) {
        unexpected(context, "identifier or \"}\"");
        return false;
    }
    take();
    const auto op = match_op(peek().kind);
    if (!op && label.kind == string) {  // a metric's name that is no identifier
        out.matchers.push_back(*Matcher::make(std::string{kMetricName}, MatchOp::equal, label.value));
        return true;
    }
    if (!op) {
        unexpected(context, "label matching operator");
        return false;
    }
    take();
    const auto& value = peek();
    if (value.kind != string) {
        unexpected(context, "string");
        return false;
    }
    const bool regex = *op == MatchOp::regex || *op == MatchOp::not_regex;
    if (regex && ++regexes_ > kMaxRegexes) {
        fail(value.offset, fmt::format("more than {} regular expressions", kMaxRegexes));
        return false;
    }
    auto made = Matcher::make(label.kind == string ? label.value : std::string{label.text}, *op, value.value);
    if (!made) {
        fail(value.offset, "error parsing regexp: " + made.error().text);
        return false;
    }
    take();
    out.matchers.push_back(*std::move(made));
    return true;
}

Tree Grammar::bracket(Tree operand) {
    const auto& opening = take();
    auto value = bracket_length({.context = "subquery or range selector", .wanted = kLengthWanted});
    if (!value) return {};
    if (accept(colon)) return subquery(std::move(operand), *std::move(value));
    if (!is(right_bracket)) {
        unexpected("subquery or range", "\":\" or \"]\"");
        return {};
    }
    return range(std::move(operand), opening, *std::move(value));
}

Tree Grammar::range(Tree operand, const Token& opening, Length length) {
    const auto end = take().stop();
    auto& expr = *operand.expr;
    auto* vector = std::get_if<VectorSelector>(&expr.node);
    std::string_view problem;
    if (vector == nullptr) {
        problem = "ranges only allowed for vector selectors";
    } else if (vector->offset != Duration{0} || vector->offset_expr) {
        problem = "no offset modifiers allowed before range";
    } else if (vector->at) {
        problem = "no @ modifiers allowed before range";
    }
    if (!problem.empty()) {
        fail(opening.offset, std::string{problem});
        return {};
    }
    const auto begin = expr.begin;
    return make(MatrixSelector{std::move(*vector), length.value, std::move(length.expr)}, ValueType::range_vector,
                begin, end, 0);
}

Tree Grammar::subquery(Tree operand, Length range) {
    Subquery node;
    node.range = range.value;
    node.range_expr = std::move(range.expr);
    if (!is(right_bracket)) {
        auto step =
            bracket_length({.context = "subquery selector", .wanted = "number, duration, step(), range(), or \"]\""});
        if (!step) return {};
        if (!step->expr) node.step = step->value;
        node.step_expr = std::move(step->expr);
    }
    if (!is(right_bracket)) {
        unexpected("subquery selector", "\"]\"");
        return {};
    }
    const auto end = take().stop();
    const auto begin = operand.expr->begin;
    node.expr = std::move(operand.expr);
    return make(std::move(node), ValueType::range_vector, begin, end, operand.height);
}

Tree Grammar::offset(Tree operand) {
    take();
    auto value = offset_length({.context = "offset", .wanted = kLengthWanted});
    if (!value) return {};
    auto& expr = *operand.expr;
    const auto kept = modifiers_of(expr);
    if (kept.offset == nullptr) {
        fail(expr.begin,
             "offset modifier must be preceded by an instant vector selector or range vector selector or a subquery");
        return {};
    }
    if (*kept.offset != Duration{0} || *kept.offset_expr) {
        fail(expr.begin, "offset may not be set multiple times");
        return {};
    }
    *kept.offset = value->value;
    *kept.offset_expr = std::move(value->expr);
    expr.end = tokens_[next_ - 1].stop();
    return operand;
}

Tree Grammar::at(Tree operand) {
    take();
    auto& expr = *operand.expr;
    const auto moment = at_moment(expr);
    if (!moment) return {};
    const auto kept = modifiers_of(expr);
    if (kept.at == nullptr) {
        fail(expr.begin,
             "@ modifier must be preceded by an instant vector selector or range vector selector or a subquery");
        return {};
    }
    if (*kept.at) {
        fail(expr.begin, "@ <timestamp> may not be set multiple times");
        return {};
    }
    *kept.at = moment;
    expr.end = tokens_[next_ - 1].stop();
    return operand;
}

Tree Grammar::edges(Tree operand) {
    const auto& word = take();
    const auto wanted = word.kind == kw_anchored ? Edges::anchored : Edges::smoothed;
    auto& expr = *operand.expr;
    auto* selector = std::get_if<VectorSelector>(&expr.node);
    if (auto* matrix = std::get_if<MatrixSelector>(&expr.node)) selector = &matrix->selector;
    std::string_view problem;
    if (std::holds_alternative<Subquery>(expr.node)) {
        problem = "is not supported for subqueries";
    } else if (selector == nullptr) {
        problem = "not implemented";
    } else if (selector->edges != Edges::plain && selector->edges != wanted) {
        fail(expr.begin, "anchored and smoothed modifiers cannot be used together");
        return {};
    }
    if (!problem.empty()) {
        fail(expr.begin, fmt::format("{} modifier {}", to_string(wanted), problem));
        return {};
    }
    selector->edges = wanted;
    expr.end = word.stop();
    return operand;
}

std::optional<AtModifier> Grammar::at_moment(const Expr& operand) {
    if (is(kw_start) || is(kw_end)) {
        const auto kind = take().kind == kw_start ? AtModifier::Kind::start : AtModifier::Kind::end;
        if (accept(left_paren) && accept(right_paren)) return AtModifier{.kind = kind, .timestamp = {}};
        unexpected("@", "timestamp");
        return std::nullopt;
    }
    const bool negative = is(sub);
    if (negative || is(add)) take();
    if (!is(number) && !is(duration)) {
        unexpected("@", "timestamp");
        return std::nullopt;
    }
    const double seconds = negative ? -take().amount : take().amount;
    // Prometheus keeps milliseconds.
    const double milliseconds = std::round(seconds * 1e3);
    constexpr double farthest = static_cast<double>(kFarthestMoment.count()) / 1e6;
    if (!(std::abs(milliseconds) <= farthest)) {
        fail(operand.begin, "timestamp out of bounds for @ modifier: " + gotext::format_float(seconds, 'f', 6));
        return std::nullopt;
    }
    return AtModifier{.kind = AtModifier::Kind::timestamp,
                      .timestamp = Instant{std::chrono::milliseconds{static_cast<std::int64_t>(milliseconds)}}};
}

}  // namespace outrider::rules::promql
