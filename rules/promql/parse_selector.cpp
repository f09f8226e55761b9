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

// What Prometheus takes for the beginning of a duration expression, where its feature flag is set.
bool begins_duration_expression(const Token& token, const Token& next) {
    if (token.kind == left_paren || token.kind == kw_step || token.kind == kw_range || token.kind == duration_word)
        return true;
    const auto word = lower_case(token.text);
    return next.kind == left_paren && (word == "min" || word == "max" || word == "min_of" || word == "max_of");
}

bool is_arithmetic(TokenKind kind) {
    return kind == add || kind == sub || kind == mul || kind == div || kind == mod || kind == pow;
}

// Where offset and @ of an operand are kept; nothing when it is no selector and no subquery.
struct Modifiers {
    Duration* offset = nullptr;
    std::optional<AtModifier>* at = nullptr;
};
Modifiers modifiers_of(Expr& expr) {
    if (auto* vector = std::get_if<VectorSelector>(&expr.node)) return {&vector->offset, &vector->at};
    if (auto* matrix = std::get_if<MatrixSelector>(&expr.node)) return {&matrix->selector.offset, &matrix->selector.at};
    if (auto* subquery = std::get_if<Subquery>(&expr.node)) return {&subquery->offset, &subquery->at};
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

std::optional<Duration> Grammar::length(std::string_view context, std::string_view wanted) {
    const auto begin = peek().offset;
    bool negative = false;
    while (is(add) || is(sub)) negative ^= take().kind == sub;
    const auto& token = peek();
    if (begins_duration_expression(token, peek(1))) {
        unsupported(token.offset, "duration expression");
        return std::nullopt;
    }
    if (token.kind != number && token.kind != duration) {
        unexpected(context, wanted);
        return std::nullopt;
    }
    const auto value = duration_of(negative ? -token.amount : token.amount);
    if (!value) fail(begin, "duration out of range");
    take();
    return value;
}

std::optional<Duration> Grammar::positive_length(std::string_view context, std::string_view wanted) {
    const auto begin = peek().offset;
    const auto value = length(context, wanted);
    if (!value) return std::nullopt;
    if (is_arithmetic(peek().kind)) {
        unsupported(begin, "duration expression");
        return std::nullopt;
    }
    if (*value <= Duration{0}) {
        fail(begin, "duration must be greater than 0");
        return std::nullopt;
    }
    return value;
}

Tree Grammar::bracket(Tree operand) {
    const auto& opening = take();
    const auto value = positive_length("subquery or range selector", kLengthWanted);
    if (!value) return {};
    if (accept(colon)) return subquery(std::move(operand), *value);
    if (!is(right_bracket)) {
        unexpected("subquery or range", "\":\" or \"]\"");
        return {};
    }
    return range(std::move(operand), opening, *value);
}

Tree Grammar::range(Tree operand, const Token& opening, Duration length) {
    const auto end = take().stop();
    auto& expr = *operand.expr;
    auto* vector = std::get_if<VectorSelector>(&expr.node);
    std::string_view problem;
    if (vector == nullptr) {
        problem = "ranges only allowed for vector selectors";
    } else if (vector->offset != Duration{0}) {
        problem = "no offset modifiers allowed before range";
    } else if (vector->at) {
        problem = "no @ modifiers allowed before range";
    }
    if (!problem.empty()) {
        fail(opening.offset, std::string{problem});
        return {};
    }
    const auto begin = expr.begin;
    return make(MatrixSelector{std::move(*vector), length}, ValueType::range_vector, begin, end, 0);
}

Tree Grammar::subquery(Tree operand, Duration range) {
    Subquery node;
    node.range = range;
    if (!is(right_bracket)) {
        const auto step = positive_length("subquery selector", "number, duration, step(), range(), or \"]\"");
        if (!step) return {};
        node.step = step;
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
    const auto value = length("offset", kLengthWanted);
    if (!value) return {};
    auto& expr = *operand.expr;
    const auto kept = modifiers_of(expr);
    if (kept.offset == nullptr) {
        fail(expr.begin,
             "offset modifier must be preceded by an instant vector selector or range vector selector or a subquery");
        return {};
    }
    if (*kept.offset != Duration{0}) {
        fail(expr.begin, "offset may not be set multiple times");
        return {};
    }
    *kept.offset = *value;
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
