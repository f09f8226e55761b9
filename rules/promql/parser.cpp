#include "rules/promql/parser.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "rules/promql/grammar.h"
#include "rules/promql/text.h"

namespace outrider::rules::promql {
namespace {

using enum TokenKind;

struct Operator {
    TokenKind token;
    BinaryOp op;
    int precedence;
};
constexpr int kUnaryBinds = 6;  // the operand of a sign holds ^ together, and nothing else
constexpr std::array<Operator, 16> kOperators{{{set_or, BinaryOp::set_or, 1},
                                               {set_and, BinaryOp::set_and, 2},
                                               {set_unless, BinaryOp::set_unless, 2},
                                               {equal, BinaryOp::equal, 3},
                                               {not_equal, BinaryOp::not_equal, 3},
                                               {greater, BinaryOp::greater, 3},
                                               {less, BinaryOp::less, 3},
                                               {greater_equal, BinaryOp::greater_equal, 3},
                                               {less_equal, BinaryOp::less_equal, 3},
                                               {add, BinaryOp::add, 4},
                                               {sub, BinaryOp::sub, 4},
                                               {mul, BinaryOp::mul, 5},
                                               {div, BinaryOp::div, 5},
                                               {mod, BinaryOp::mod, 5},
                                               {atan2, BinaryOp::atan2, 5},
                                               {pow, BinaryOp::pow, 6}}};

bool is_fill(std::string_view word) {
    const auto lower = lower_case(word);
    return lower == "fill" || lower == "fill_left" || lower == "fill_right";
}

}  // namespace

ParseResult Grammar::expression() {
    if (is(end)) return ParseError{peek().offset, "no expression found in input"};
    auto tree = binary(0);
    if (tree && !is(end)) unexpected();
    if (error_) return *std::move(error_);
    return ExprPtr{std::move(tree.expr)};
}

Tree Grammar::binary(int least_precedence) {
    auto left = unary();
    while (left) {
        const auto& token = peek();
        const auto found = std::ranges::find(kOperators, token.kind, &Operator::token);
        if (found == kOperators.end() || found->precedence < least_precedence) return left;
        take();
        Binary node;
        node.op = found->op;
        if (!modifiers(node)) return {};
        const bool right_associative = found->op == BinaryOp::pow;
        auto right = right_associative ? nested(found->precedence) : binary(found->precedence + 1);
        if (!right) return {};
        left = join(std::move(left), std::move(node), std::move(right));
    }
    return left;
}

Tree Grammar::join(Tree left, Binary binary, Tree right) {
    const auto begin = left.expr->begin;
    const auto end = right.expr->end;
    const auto height = std::max(left.height, right.height);
    const bool scalars = left.expr->type == ValueType::scalar && right.expr->type == ValueType::scalar;
    const bool vectors = left.expr->type == ValueType::instant_vector && right.expr->type == ValueType::instant_vector;
    auto& matching = binary.matching;
    if (vectors && is_set_operator(binary.op) && matching.card == VectorMatching::Card::one_to_one)
        matching.card = VectorMatching::Card::many_to_many;
    // Between others on() and group_left() say nothing; labels in them are for check() to refuse.
    if (!vectors && matching.labels.empty()) matching = {};
    binary.left = std::move(left.expr);
    binary.right = std::move(right.expr);
    return make(std::move(binary), scalars ? ValueType::scalar : ValueType::instant_vector, begin, end, height);
}

bool Grammar::modifiers(Binary& binary) {
    auto& matching = binary.matching;
    binary.return_bool = accept(kw_bool);
    if (is(kw_on) || is(kw_ignoring)) {
        matching.on = take().kind == kw_on;
        if (!grouping_labels(matching.labels)) return false;
        if (is(kw_group_left) || is(kw_group_right)) {
            matching.card =
                take().kind == kw_group_left ? VectorMatching::Card::many_to_one : VectorMatching::Card::one_to_many;
            if ((is(left_paren) || !begins_operand(peek().kind)) && !grouping_labels(matching.include)) return false;
        }
    }
    if (is(identifier) && is_fill(peek().text) && peek(1).kind == left_paren) {
        unsupported(peek().offset, fmt::format("modifier {}", peek().text));
        return false;
    }
    return true;
}

Tree Grammar::unary() {
    std::vector<const Token*> signs;
    while (is(add) || is(sub)) signs.push_back(&take());
    if (signs.empty()) return postfix();
    auto tree = binary(kUnaryBinds);
    for (; tree && !signs.empty(); signs.pop_back()) tree = negated(*signs.back(), std::move(tree));
    return tree;
}

Tree Grammar::negated(const Token& sign, Tree operand) {
    auto& expr = *operand.expr;
    if (auto* literal = std::get_if<NumberLiteral>(&expr.node)) {
        if (sign.kind == sub) literal->value = -literal->value;
        expr.begin = sign.offset;
        return operand;
    }
    // A plus leaves no node, but for what check() has to refuse.
    const bool negatable = expr.type == ValueType::scalar || expr.type == ValueType::instant_vector;
    if (sign.kind == add && negatable) return operand;
    const auto type = expr.type;
    const auto end = expr.end;
    return make(Negation{std::move(operand.expr)}, type, sign.offset, end, operand.height);
}

bool Grammar::enter() {
    if (nesting_ == kMaxNesting) {
        fail(peek().offset, fmt::format("expression is nested more than {} deep", kMaxNesting));
        return false;
    }
    ++nesting_;
    return true;
}

Tree Grammar::nested(int least_precedence) {
    if (!enter()) return {};
    auto tree = binary(least_precedence);
    --nesting_;
    return tree;
}

Tree Grammar::primary() {
    const auto& token = peek();
    const auto next = peek(1).kind;
    if (is(number) || is(duration)) {
        take();
        return make(NumberLiteral{.value = token.amount, .duration = token.kind == duration}, ValueType::scalar,
                    token.offset, token.stop(), 0);
    }
    if (accept(string)) return make(StringLiteral{token.value}, ValueType::string, token.offset, token.stop(), 0);
    if (is(left_paren)) return paren();
    if (is(aggregator) && (next == left_paren || next == kw_by || next == kw_without)) return aggregate();
    const bool calls = is(identifier) || is(kw_start) || is(kw_end) || is(kw_step) || is(kw_range);
    if (calls && next == left_paren) return call();
    if (is(left_brace) || may_name_metric(token.kind)) return selector();
    unexpected();
    return {};
}

Tree Grammar::paren() {
    const auto begin = take().offset;
    auto inner = nested(0);
    if (!inner) return {};
    if (!is(right_paren)) {
        unexpected();
        return {};
    }
    const auto end = take().stop();
    const auto type = inner.expr->type;
    return make(Paren{std::move(inner.expr)}, type, begin, end, inner.height);
}

void Grammar::fail(std::size_t offset, std::string message, std::string unsupported) {
    if (!error_) error_ = ParseError{offset, std::move(message), std::move(unsupported)};
}

void Grammar::unexpected(std::string_view context, std::string_view wanted) {
    const auto& token = peek();
    if (token.kind == TokenKind::error) return fail(token.offset, token.value, token.unsupported);
    auto message = "unexpected " + token.describe();
    if (!context.empty()) message += fmt::format(" in {}", context);
    if (!wanted.empty()) message += fmt::format(", expected {}", wanted);
    fail(token.offset, std::move(message));
}

void Grammar::unexpected() { unexpected(open_aggregations_ == 0 ? "" : "aggregation", ""); }

void Grammar::unsupported(std::size_t offset, std::string construct, std::string_view why) {
    auto message = construct + " is not supported";
    if (!why.empty()) message += fmt::format(": {}", why);
    fail(offset, std::move(message), std::move(construct));
}

Tree Grammar::make(Expr::Node node, ValueType type, std::size_t begin, std::size_t end, std::size_t below) {
    if (below == kMaxHeight) {
        fail(begin, fmt::format("expression is a tree of more than {} levels", kMaxHeight));
        return {};
    }
    return {std::make_unique<Expr>(Expr{std::move(node), type, begin, end}), below + 1};
}

ParseResult parse(std::string_view text) {
    if (text.size() > kMaxText)
        return ParseError{kMaxText, fmt::format("expression is longer than {} bytes", kMaxText)};
    auto parsed = Grammar{tokenize(text)}.expression();
    if (const auto* expr = std::get_if<ExprPtr>(&parsed))
        if (auto error = check(**expr, text)) return *std::move(error);
    return parsed;
}

}  // namespace outrider::rules::promql
