// Trees of PromQL for tests: compared, sketched, and made up at random.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "rules/promql/expr.h"
#include "rules/promql/function_table.h"
#include "rules/promql/parser.h"

namespace outrider::rules::promql::test {

/// Equal but for where they stand in a text.
inline bool equal(const Expr& a, const Expr& b);

inline bool equal(const ExprPtr& a, const ExprPtr& b) {
    if (!a || !b) return !a && !b;
    return equal(*a, *b);
}
inline bool equal(const std::optional<AtModifier>& a, const std::optional<AtModifier>& b) {
    if (!a || !b) return !a && !b;
    return a->kind == b->kind && a->timestamp == b->timestamp;
}
inline bool equal(const NumberLiteral& a, const NumberLiteral& b) {
    const bool values = std::isnan(a.value) ? std::isnan(b.value)
                                            : a.value == b.value && std::signbit(a.value) == std::signbit(b.value);
    return values && a.duration == b.duration;
}
inline bool equal(const StringLiteral& a, const StringLiteral& b) { return a.value == b.value; }
inline bool equal(const DurationExprPtr& a, const DurationExprPtr& b) {
    if (!a || !b) return !a && !b;
    return a->op == b->op && a->wrapped == b->wrapped && equal(a->literal, b->literal) && equal(a->left, b->left) &&
           equal(a->right, b->right);
}
inline bool equal(const VectorSelector& a, const VectorSelector& b) {
    return a.name == b.name && a.matchers == b.matchers && a.offset == b.offset &&
           equal(a.offset_expr, b.offset_expr) && a.edges == b.edges && equal(a.at, b.at);
}
inline bool equal(const MatrixSelector& a, const MatrixSelector& b) {
    return equal(a.selector, b.selector) && a.range == b.range && equal(a.range_expr, b.range_expr);
}
inline bool equal(const Subquery& a, const Subquery& b) {
    return equal(a.expr, b.expr) && a.range == b.range && equal(a.range_expr, b.range_expr) && a.step == b.step &&
           equal(a.step_expr, b.step_expr) && a.offset == b.offset && equal(a.offset_expr, b.offset_expr) &&
           equal(a.at, b.at);
}
inline bool equal(const Paren& a, const Paren& b) { return equal(a.expr, b.expr); }
inline bool equal(const Negation& a, const Negation& b) { return equal(a.expr, b.expr); }
inline bool equal(const Binary& a, const Binary& b) {
    return a.op == b.op && equal(a.left, b.left) && equal(a.right, b.right) && a.return_bool == b.return_bool &&
           a.matching.card == b.matching.card && a.matching.on == b.matching.on &&
           a.matching.labels == b.matching.labels && a.matching.include == b.matching.include;
}
inline bool equal(const Aggregate& a, const Aggregate& b) {
    return a.op == b.op && equal(a.expr, b.expr) && equal(a.param, b.param) && a.without == b.without &&
           a.labels == b.labels;
}
inline bool equal(const Call& a, const Call& b) {
    if (a.function != b.function || a.args.size() != b.args.size()) return false;
    for (std::size_t i = 0; i < a.args.size(); ++i)
        if (!equal(a.args[i], b.args[i])) return false;
    return true;
}
inline bool equal(const Expr& a, const Expr& b) {
    if (a.node.index() != b.node.index() || a.type != b.type) return false;
    return std::visit([&b](const auto& node) { return equal(node, std::get<std::decay_t<decltype(node)>>(b.node)); },
                      a.node);
}

/// What binds what: `(+ a (* b c))`. Of operators, signs and parentheses only; the rest as its text.
inline std::string sketch(const Expr& expr) {
    if (const auto* binary = std::get_if<Binary>(&expr.node))
        return "(" + std::string{to_string(binary->op)} + " " + sketch(*binary->left) + " " + sketch(*binary->right) +
               ")";
    if (const auto* negation = std::get_if<Negation>(&expr.node)) return "(neg " + sketch(*negation->expr) + ")";
    if (const auto* paren = std::get_if<Paren>(&expr.node)) return "[" + sketch(*paren->expr) + "]";
    return to_text(expr);
}

/// Random trees such as parsing gives. The same for the same seed, everywhere: no distribution of <random> is used.
class TreeMaker {
public:
    explicit TreeMaker(std::uint32_t seed) : random_(seed) {}

    ExprPtr any() {
        switch (below(4)) {
            case 0: return scalar(kDepth);
            case 1: return range(kDepth);
            case 2: return text();
            default: return vector(kDepth);
        }
    }

private:
    static constexpr int kDepth = 5;
    using Names = std::vector<std::string>;

    std::uint32_t below(std::uint32_t limit) { return static_cast<std::uint32_t>(random_() % limit); }
    bool chance(std::uint32_t in) { return below(in) == 0; }
    template <class T>
    const T& pick(const std::vector<T>& from) {
        return from[below(static_cast<std::uint32_t>(from.size()))];
    }

    static ExprPtr node(Expr::Node node, ValueType type) {
        return std::make_unique<const Expr>(Expr{std::move(node), type, 0, 0});
    }

    ExprPtr number() {
        static const std::vector<double> values{0,         1,        -1,        0.5,     1e-7,
                                                -2.5e-300, 1e21,     1e300,     123.456, 9007199254740993.0,
                                                0.1,       INFINITY, -INFINITY, NAN,     -0.0};
        if (chance(4))
            return node(NumberLiteral{static_cast<double>(below(1'000'000'000)) / 1000, true}, ValueType::scalar);
        if (chance(3)) return node(NumberLiteral{static_cast<double>(random_()) / 977, false}, ValueType::scalar);
        return node(NumberLiteral{pick(values), false}, ValueType::scalar);
    }
    std::string string() {
        static const std::vector<std::string> values{
            "", "x", "it's \"it\"", "a\\b", "\n\t\r", "é€🎥", std::string{"\xff\0z", 3}, "`", "\x7f\x01"};
        return pick(values);
    }
    ExprPtr text() { return node(StringLiteral{string()}, ValueType::string); }

    std::string label() {
        static const Names names{"job", "instance", "le",   "by",  "without", "on", "offset",
                                 "inf", "NaN",      "bool", "a.b", "é",       "__x"};
        return pick(names);
    }
    Names labels(std::uint32_t most) {
        Names names;
        for (auto count = below(most + 1); count > 0; --count) names.push_back(label());
        return names;
    }

    VectorSelector selector() {
        static const Names names{
            "up", "a:b:c", ":x", "sum", "by", "offset", "Unless", "start", "anchored", "outrider_lag_seconds", "fill"};
        VectorSelector made;
        if (!chance(4)) {
            made.name = pick(names);
            made.matchers.push_back(*Matcher::make(std::string{kMetricName}, MatchOp::equal, made.name));
        } else {
            made.matchers.push_back(*Matcher::make(std::string{kMetricName}, MatchOp::regex, "a.+"));
        }
        for (auto count = below(4); count > 0; --count) {
            const auto op = static_cast<MatchOp>(below(4));
            const bool regex = op == MatchOp::regex || op == MatchOp::not_regex;
            made.matchers.push_back(*Matcher::make(label(), op, regex ? "x|.*\\d" : string()));
        }
        when(made);
        made.edges = static_cast<Edges>(chance(3) ? below(3) : 0);
        return made;
    }
    /// Of arguments only ranges with edges that the function does not know are refused.
    static bool takes(const Function& function, const Expr& argument) {
        const auto* matrix = std::get_if<MatrixSelector>(&argument.node);
        if (matrix == nullptr || matrix->selector.edges == Edges::plain) return true;
        const auto able = functions_of(matrix->selector.edges);
        return std::ranges::find(able, function.name) != able.end();
    }
    template <class T>
    void when(T& made) {
        if (chance(6)) {
            made.offset_expr = offset_expression();
        } else if (chance(3)) {
            made.offset = chance(2) ? duration() : -duration();
        }
        if (!chance(3)) return;
        made.at.emplace();
        made.at->kind = static_cast<AtModifier::Kind>(below(3));
        if (made.at->kind == AtModifier::Kind::timestamp)
            made.at->timestamp =
                Instant{std::chrono::milliseconds{static_cast<std::int64_t>(random_()) * 700 - 1'000'000'000'000}};
    }
    Duration duration() {
        if (chance(8)) return Duration{1 + below(2'000'000'000)};  // no whole milliseconds
        static const std::vector<std::int64_t> units{1,          1000,        60'000,        3'600'000,
                                                     86'400'000, 604'800'000, 31'536'000'000};
        return std::chrono::milliseconds{pick(units) * (1 + below(9)) + (chance(3) ? below(100'000) : 0)};
    }

    using DurationOp = DurationExpr::Op;
    static std::shared_ptr<DurationExpr> node(DurationExpr made) {
        return std::make_shared<DurationExpr>(std::move(made));
    }
    std::shared_ptr<DurationExpr> duration_operand(int depth) {
        if (depth > 0 && chance(2)) return duration_expression(depth);
        static const std::vector<double> numbers{1, 2, -3, 0.5, 1e-7, 300, -0.0, 123456789};
        if (chance(2))
            return node({.literal = {.value = static_cast<double>(below(1'000'000'000)) / 1000, .duration = true}});
        return node({.literal = {.value = pick(numbers), .duration = false}});
    }
    /// In parentheses when it would come apart as an operand.
    std::shared_ptr<DurationExpr> loose(std::shared_ptr<DurationExpr> expr) {
        if (expr->op >= DurationOp::minus || (expr->op != DurationOp::literal && chance(4))) expr->wrapped = true;
        return expr;
    }
    std::shared_ptr<DurationExpr> duration_expression(int depth) {
        const auto op = static_cast<DurationOp>(1 + below(11));
        if (op == DurationOp::step || op == DurationOp::range) return node({.op = op});
        if (op == DurationOp::minus) return node({.op = op, .right = loose(duration_expression(depth - 1))});
        if (op == DurationOp::min_of || op == DurationOp::max_of)
            return node({.op = op, .left = duration_operand(depth - 1), .right = duration_operand(depth - 1)});
        auto right = loose(duration_operand(depth - 1));
        const bool divides = op == DurationOp::div || op == DurationOp::mod;
        if (divides && right->op == DurationOp::literal && right->literal.value == 0) right->literal.value = 7;
        return node({.op = op, .left = loose(duration_operand(depth - 1)), .right = std::move(right)});
    }
    /// What may stand behind `offset`: one operand, or anything in parentheses, with a sign or without.
    std::shared_ptr<DurationExpr> offset_expression() {
        auto made = duration_expression(3);
        if (made->op > DurationOp::minus) made->wrapped = true;
        return made->op != DurationOp::minus && chance(3) ? node({.op = DurationOp::minus, .right = std::move(made)})
                                                          : std::move(made);
    }

    ExprPtr scalar(int depth) {
        if (depth == 0 || chance(3)) return number();
        switch (below(4)) {
            case 0: return paren(scalar(depth - 1));
            case 1: return negation(scalar(depth - 1));
            case 2: return call(ValueType::scalar, depth);
            default: return binary(scalar(depth - 1), scalar(depth - 1));
        }
    }
    ExprPtr vector(int depth) {
        if (depth == 0 || chance(4)) return node(selector(), ValueType::instant_vector);
        switch (below(6)) {
            case 0: return paren(vector(depth - 1));
            case 1: return negation(vector(depth - 1));
            case 2: return aggregate(depth);
            case 3: return call(ValueType::instant_vector, depth);
            case 4: return binary(vector(depth - 1), scalar(depth - 1));
            default: return binary(vector(depth - 1), vector(depth - 1));
        }
    }
    ExprPtr range(int depth) {
        if (depth > 0 && chance(3)) {
            Subquery made;
            made.expr = operand(vector(depth - 1));
            if (chance(3)) {
                made.range_expr = duration_expression(3);
            } else {
                made.range = duration();
            }
            if (chance(3)) {
                made.step_expr = duration_expression(3);
            } else if (chance(2)) {
                made.step = duration();
            }
            when(made);
            return node(std::move(made), ValueType::range_vector);
        }
        MatrixSelector made{selector(), {}};
        if (chance(3)) {
            made.range_expr = duration_expression(3);
        } else {
            made.range = duration();
        }
        return node(std::move(made), ValueType::range_vector);
    }
    ExprPtr of(ValueType type, int depth) {
        switch (type) {
            case ValueType::scalar: return scalar(depth);
            case ValueType::string: return text();
            case ValueType::instant_vector: return vector(depth);
            case ValueType::range_vector: return range(depth);
        }
        return nullptr;
    }

    static ExprPtr paren(ExprPtr inner) {
        const auto type = inner->type;
        return node(Paren{std::move(inner)}, type);
    }
    /// In parentheses when it would come apart as the operand of anything.
    static ExprPtr operand(ExprPtr expr) {
        const auto* number = std::get_if<NumberLiteral>(&expr->node);
        const bool loose = std::holds_alternative<Binary>(expr->node) || std::holds_alternative<Negation>(expr->node) ||
                           (number != nullptr && std::signbit(number->value));
        return loose ? paren(std::move(expr)) : std::move(expr);
    }
    static ExprPtr negation(ExprPtr inner) {
        inner = operand(std::move(inner));
        if (std::holds_alternative<NumberLiteral>(inner->node)) return inner;  // parsing takes the sign into it
        const auto type = inner->type;
        return node(Negation{std::move(inner)}, type);
    }
    ExprPtr binary(ExprPtr left, ExprPtr right) {
        Binary made;
        const bool vectors = left->type == ValueType::instant_vector && right->type == ValueType::instant_vector;
        const bool scalars = left->type == ValueType::scalar && right->type == ValueType::scalar;
        made.op = static_cast<BinaryOp>(below(vectors ? 16 : 13));
        made.return_bool = is_comparison(made.op) && (scalars || chance(2));
        if (vectors) match(made);
        made.left = operand(std::move(left));
        made.right = operand(std::move(right));
        return node(std::move(made), scalars ? ValueType::scalar : ValueType::instant_vector);
    }
    void match(Binary& made) {
        using Card = VectorMatching::Card;
        auto& matching = made.matching;
        matching.on = chance(3);
        if (matching.on || chance(3)) matching.labels = labels(2);
        if (is_set_operator(made.op)) {
            matching.card = Card::many_to_many;
        } else if (chance(3)) {
            matching.card = chance(2) ? Card::many_to_one : Card::one_to_many;
            if (chance(2)) matching.include = {"zone"};
        }
    }
    ExprPtr aggregate(int depth) {
        Aggregate made;
        made.op = static_cast<AggregateOp>(below(13));
        made.without = chance(3);
        made.labels = labels(2);
        made.expr = vector(depth - 1);
        if (made.op == AggregateOp::count_values) {
            made.param = text();
        } else if (made.op >= AggregateOp::topk) {
            made.param = scalar(depth - 1);
        }
        return node(std::move(made), ValueType::instant_vector);
    }
    ExprPtr call(ValueType result, int depth) {
        const Function* function = nullptr;
        do {
            function = &functions()[below(static_cast<std::uint32_t>(functions().size()))];
        } while (function->result != result);
        Call made;
        made.function = function;
        const auto least = function->least();
        const auto most = function->most().value_or(least + 3);
        const auto count = least + below(static_cast<std::uint32_t>(most - least + 1));
        for (std::size_t i = 0; i < count; ++i) {
            made.args.push_back(of(function->argument(i), depth - 1));
            while (!takes(*function, *made.args.back())) made.args.back() = of(function->argument(i), depth - 1);
        }
        return node(std::move(made), result);
    }

    std::mt19937 random_;
};

}  // namespace outrider::rules::promql::test
