#include "rules/promql/parser.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "rules/promql/function_table.h"
#include "rules/promql/grammar.h"
#include "rules/promql/text.h"

namespace outrider::rules::promql {
namespace {

using enum TokenKind;

constexpr std::size_t kMaxText = std::size_t{64} * 1024;

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

constexpr std::array kAggregations{
    AggregateOp::sum,      AggregateOp::avg,          AggregateOp::min,    AggregateOp::max,  AggregateOp::count,
    AggregateOp::group,    AggregateOp::stddev,       AggregateOp::stdvar, AggregateOp::topk, AggregateOp::bottomk,
    AggregateOp::quantile, AggregateOp::count_values, AggregateOp::limitk};

constexpr std::array kWithParameter{AggregateOp::topk, AggregateOp::bottomk, AggregateOp::quantile,
                                    AggregateOp::count_values, AggregateOp::limitk};

bool has_parameter(AggregateOp op) { return std::ranges::find(kWithParameter, op) != kWithParameter.end(); }

std::string lower_case(std::string_view text) {
    std::string lower{text};
    for (char& c : lower)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return lower;
}

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

// What an operand may begin with.
bool begins_operand(TokenKind kind) {
    return may_name_metric(kind) || kind == number || kind == duration || kind == string || kind == left_paren ||
           kind == left_brace || kind == add || kind == sub;
}

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

Tree Grammar::nested(int least_precedence) {
    if (nesting_ == kMaxNesting) {
        fail(peek().offset, fmt::format("expression is nested more than {} deep", kMaxNesting));
        return {};
    }
    ++nesting_;
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
        if (is(right_paren)) {
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
            fail(name.offset, "unknown function with name " + quoted(name.text));
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
    if (label.empty() || !is_utf8(label)) {
        fail(token.offset, "invalid label name for grouping: " + quoted(label));
        return false;
    }
    out.push_back(std::move(label));
    take();
    return true;
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
