// Ranges, steps and offsets: literals, or expressions of them and of the query.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "rules/promql/grammar.h"
#include "rules/promql/text.h"

namespace outrider::rules::promql {
namespace {

using enum TokenKind;
using Op = DurationExpr::Op;

struct Operator {
    TokenKind token;
    Op op;
    int precedence;
};
constexpr int kUnaryBinds = 3;  // as in expressions: the operand of a sign holds ^ together, and nothing else
constexpr std::array<Operator, 6> kOperators{
    {{add, Op::add, 1}, {sub, Op::sub, 1}, {mul, Op::mul, 2}, {div, Op::div, 2}, {mod, Op::mod, 2}, {pow, Op::pow, 3}}};

bool is_literal(const DurationTree& tree) { return tree.expr->op == Op::literal; }

bool is_sign(TokenKind kind) { return kind == add || kind == sub; }

// Behind `offset` the words are no tokens of their own.
bool begins_choice(const Token& token, const Token& next) {
    const auto word = lower_case(token.text);
    return next.kind == left_paren &&
           (token.kind == identifier || token.kind == aggregator || token.kind == duration_word) &&
           (word == "min_of" || word == "max_of" || word == "min" || word == "max");
}

Length settled(const DurationTree& tree) {
    if (!is_literal(tree)) return {.value = {}, .expr = tree.expr};
    return {.value = duration_of(tree.expr->literal.value).value_or(Duration{0}), .expr = nullptr};
}

}  // namespace

// Prometheus's grammar takes one operand here, so that `a offset -2 ^ 2` is `(a offset -2) ^ 2`; but an expression with
// all its operators where the text begins with a parenthesis or with two signs.
std::optional<Length> Grammar::offset_length(const DurationPlace& place) {
    const auto begin = peek().offset;
    const bool has_sign = is_sign(peek().kind);
    const auto first = peek(has_sign ? 1 : 0).kind;
    if (has_sign ? is_sign(first) : first == left_paren) {
        const auto tree = duration_binary(0, place);
        if (!tree) return std::nullopt;
        if (!is_literal(tree)) tree.expr->wrapped = true;
        return settled(tree);
    }
    if (!has_sign) {
        const auto tree = duration_primary(place);
        return tree ? std::optional{settled(tree)} : std::nullopt;
    }
    const auto& sign = take();
    if (is(number) || is(duration)) {
        const auto tree = duration_literal_of(take(), begin, sign.kind == sub);
        return tree ? std::optional{settled(tree)} : std::nullopt;
    }
    auto operand = duration_primary(place);
    if (!operand) return std::nullopt;
    const auto tree = signed_duration(sign, std::move(operand));
    return tree ? std::optional{settled(tree)} : std::nullopt;
}

std::optional<Length> Grammar::bracket_length(const DurationPlace& place) {
    const auto tree = duration_binary(0, place);
    if (!tree) return std::nullopt;
    auto length = settled(tree);
    if (!length.expr && length.value <= Duration{0}) {
        fail(tree.expr->begin, "duration must be greater than 0");
        return std::nullopt;
    }
    return length;
}

DurationTree Grammar::duration_binary(int least_precedence, const DurationPlace& place) {
    auto left = duration_unary(place);
    while (left) {
        const auto found = std::ranges::find(kOperators, peek().kind, &Operator::token);
        if (found == kOperators.end() || found->precedence < least_precedence) return left;
        const auto& token = take();
        auto right = found->op == Op::pow ? nested_duration(found->precedence, place)
                                          : duration_binary(found->precedence + 1, place);
        if (!right) return {};
        left = join_durations(std::move(left), token, std::move(right));
    }
    return left;
}

DurationTree Grammar::join_durations(DurationTree left, const Token& token, DurationTree right) {
    const auto op = std::ranges::find(kOperators, token.kind, &Operator::token)->op;
    if ((op == Op::div || op == Op::mod) && is_literal(right) && right.expr->literal.value == 0) {
        fail(token.offset, op == Op::div ? "division by zero" : "modulo by zero");
        return {};
    }
    const auto height = std::max(left.height, right.height);
    const auto begin = left.expr->begin;
    const auto end = right.expr->end;
    return make({.op = op, .left = std::move(left.expr), .right = std::move(right.expr), .begin = begin, .end = end},
                height);
}

DurationTree Grammar::duration_unary(const DurationPlace& place) {
    std::vector<const Token*> signs;
    while (is_sign(peek().kind)) signs.push_back(&take());
    if (signs.empty()) return duration_primary(place);
    auto tree = duration_binary(kUnaryBinds, place);
    for (; tree && !signs.empty(); signs.pop_back()) tree = signed_duration(*signs.back(), std::move(tree));
    return tree;
}

DurationTree Grammar::signed_duration(const Token& sign, DurationTree operand) {
    if (is_literal(operand)) {
        auto& value = operand.expr->literal.value;
        if (sign.kind == sub) value = -value;
        operand.expr->begin = sign.offset;
        return operand;
    }
    if (sign.kind == add) return operand;
    const auto end = operand.expr->end;
    return make({.op = Op::minus, .right = std::move(operand.expr), .begin = sign.offset, .end = end}, operand.height);
}

DurationTree Grammar::duration_primary(const DurationPlace& place) {
    const auto& token = peek();
    if (is(number) || is(duration)) return duration_literal_of(take(), token.offset, false);
    if (is(left_paren)) return duration_paren(place);
    if (is(kw_step) || is(kw_range)) return duration_of_query(place);
    if (begins_choice(token, peek(1)) || is(duration_word)) return duration_choice(place);
    unexpected(place.context, place.wanted);
    return {};
}

DurationTree Grammar::duration_literal_of(const Token& token, std::size_t begin, bool negative) {
    const auto value = negative ? -token.amount : token.amount;
    if (!duration_of(value)) {
        fail(begin, "duration out of range");
        return {};
    }
    return make({.literal = {.value = value, .duration = token.kind == duration}, .begin = begin, .end = token.stop()},
                0);
}

DurationTree Grammar::duration_of_query(const DurationPlace& place) {
    const auto& word = take();
    if (!expect(left_paren, place) || !expect(right_paren, place)) return {};
    return make(
        {.op = word.kind == kw_step ? Op::step : Op::range, .begin = word.offset, .end = tokens_[next_ - 1].stop()}, 0);
}

DurationTree Grammar::duration_choice(const DurationPlace& place) {
    const auto& word = take();
    const auto name = lower_case(word.text);
    if (name == "min" || name == "max") {
        unsupported(word.offset, fmt::format("{} of durations", name),
                    fmt::format("Prometheus calls it {}_of since 3.13", name));
        return {};
    }
    if (!expect(left_paren, place)) return {};
    auto left = nested_duration(0, place);
    if (!left || !expect(comma, place)) return {};
    auto right = nested_duration(0, place);
    if (!right || !expect(right_paren, place)) return {};
    const auto height = std::max(left.height, right.height);
    const auto begin = left.expr->begin;
    const auto end = right.expr->end;
    return make({.op = name == "min_of" ? Op::min_of : Op::max_of,
                 .left = std::move(left.expr),
                 .right = std::move(right.expr),
                 .begin = begin,
                 .end = end},
                height);
}

DurationTree Grammar::duration_paren(const DurationPlace& place) {
    take();
    auto inner = nested_duration(0, place);
    if (!inner || !expect(right_paren, place)) return {};
    if (!is_literal(inner)) inner.expr->wrapped = true;
    return inner;
}

DurationTree Grammar::nested_duration(int least_precedence, const DurationPlace& place) {
    if (!enter()) return {};
    auto tree = duration_binary(least_precedence, place);
    --nesting_;
    return tree;
}

bool Grammar::expect(TokenKind kind, const DurationPlace& place) {
    if (accept(kind)) return true;
    unexpected(place.context, place.wanted);
    return false;
}

DurationTree Grammar::make(DurationExpr node, std::size_t below) {
    if (below == kMaxHeight) {
        fail(node.begin, fmt::format("expression is a tree of more than {} levels", kMaxHeight));
        return {};
    }
    return {std::make_shared<DurationExpr>(std::move(node)), below + 1};
}

}  // namespace outrider::rules::promql
