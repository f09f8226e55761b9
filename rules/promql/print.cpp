#include <fmt/format.h>

#include <chrono>
#include <cstdlib>

#include "outrider/labels.h"
#include "rules/gotext/quote.h"
#include "rules/promql/expr.h"
#include "rules/promql/function_table.h"
#include "rules/promql/text.h"

namespace outrider::rules::promql {
namespace {

class Printer {
public:
    std::string take() { return std::move(out_); }

    void print(const Expr& expr) {
        std::visit([this](const auto& node) { print(node); }, expr.node);
    }

private:
    void print(const NumberLiteral& node) {
        const auto duration = node.duration ? duration_of(node.value) : std::nullopt;
        out_ += duration ? duration_literal(*duration) : number_literal(node.value);
    }
    void print(const StringLiteral& node) { out_ += gotext::quote(node.value); }

    void print(const VectorSelector& node) {
        print_series(node);
        print_at(node.at);
        print_edges(node.edges);
        print_offset(node);
    }

    void print(const MatrixSelector& node) {
        print_series(node.selector);
        out_ += fmt::format("[{}]", length(node.range, node.range_expr));
        print_edges(node.selector.edges);
        print_at(node.selector.at);
        print_offset(node.selector);
    }

    void print(const Subquery& node) {
        print(*node.expr);
        const auto step = node.step || node.step_expr ? length(node.step.value_or(Duration{0}), node.step_expr) : "";
        out_ += fmt::format("[{}:{}]", length(node.range, node.range_expr), step);
        print_at(node.at);
        print_offset(node);
    }

    void print(const Paren& node) {
        out_ += '(';
        print(*node.expr);
        out_ += ')';
    }

    void print(const Negation& node) {
        out_ += '-';
        print(*node.expr);
    }

    void print(const Binary& node) {
        using Card = VectorMatching::Card;
        print(*node.left);
        close_offset(node.op);
        out_ += fmt::format(" {}{}", to_string(node.op), node.return_bool ? " bool" : "");
        const auto& matching = node.matching;
        const bool grouped = matching.card == Card::many_to_one || matching.card == Card::one_to_many;
        if (matching.on || grouped || !matching.labels.empty())
            print_labels(matching.on ? "on" : "ignoring", matching.labels);
        if (grouped) print_labels(matching.card == Card::many_to_one ? "group_left" : "group_right", matching.include);
        out_ += ' ';
        print(*node.right);
    }

    void print(const Aggregate& node) {
        out_ += to_string(node.op);
        if (node.without || !node.labels.empty()) {
            print_labels(node.without ? "without" : "by", node.labels);
            out_ += ' ';
        }
        out_ += '(';
        if (node.param) {
            print(*node.param);
            out_ += ", ";
        }
        print(*node.expr);
        out_ += ')';
    }

    void print(const Call& node) {
        out_ += node.function->name;
        out_ += '(';
        for (std::size_t i = 0; i < node.args.size(); ++i) {
            if (i > 0) out_ += ", ";
            print(*node.args[i]);
        }
        out_ += ')';
    }

    // Its name and matchers.
    void print_series(const VectorSelector& node) {
        out_ += node.name;
        const std::size_t first = node.name.empty() ? 0 : 1;  // the name's own matcher
        if (first == node.matchers.size() && first > 0) return;
        for (std::size_t i = first; i < node.matchers.size(); ++i) {
            const auto& matcher = node.matchers[i];
            out_ += i == first ? '{' : ',';
            print_label(matcher.label());
            out_ += to_string(matcher.op());
            out_ += gotext::quote(matcher.value());
        }
        out_ += '}';
    }

    static std::string length(Duration literal, const DurationExprPtr& expr) {
        return expr ? to_text(*expr) : duration_literal(literal);
    }

    void print_at(const std::optional<AtModifier>& at) {
        if (!at) return;
        switch (at->kind) {
            case AtModifier::Kind::start: out_ += " @ start()"; break;
            case AtModifier::Kind::end: out_ += " @ end()"; break;
            case AtModifier::Kind::timestamp: print_moment(at->timestamp); break;
        }
    }

    template <class Node>
    void print_offset(const Node& node) {
        if (!node.offset_expr && node.offset == Duration{0}) return;
        out_ += " offset ";
        offset_begin_ = out_.size();
        out_ += length(node.offset, node.offset_expr);
        offset_end_ = out_.size();
    }

    // `a offset (step()) + 1` is an offset of step() + 1; with a sign before the parenthesis it ends behind that.
    void close_offset(BinaryOp op) {
        if (op > BinaryOp::pow || offset_end_ != out_.size() || out_[offset_begin_] != '(') return;
        out_.insert(offset_begin_, 1, '+');
    }

    void print_edges(Edges edges) {
        if (edges != Edges::plain) out_ += fmt::format(" {}", to_string(edges));
    }

    // To the millisecond: the parser gives no more.
    void print_moment(Instant at) {
        const auto milliseconds = std::chrono::floor<std::chrono::milliseconds>(at).time_since_epoch().count();
        const auto size = std::abs(milliseconds);
        out_ += fmt::format(" @ {}{}.{:03}", milliseconds < 0 ? "-" : "", size / 1000, size % 1000);
    }

    void print_labels(std::string_view word, const std::vector<std::string>& labels) {
        out_ += fmt::format(" {} (", word);
        for (std::size_t i = 0; i < labels.size(); ++i) {
            if (i > 0) out_ += ", ";
            print_label(labels[i], true);
        }
        out_ += ')';
    }

    void print_label(std::string_view label, bool grouping = false) {
        out_ += is_label_name(label) && !(grouping && is_reserved(label)) ? std::string{label} : gotext::quote(label);
    }

    // Words that the grammar does not take for a label between parentheses.
    static bool is_reserved(std::string_view label) {
        const auto is = [label](std::string_view word) {
            return label.size() == word.size() &&
                   std::equal(label.begin(), label.end(), word.begin(),
                              [](char a, char b) { return a == b || (a >= 'A' && a <= 'Z' && a - 'A' + 'a' == b); });
        };
        return is("without") || is("inf") || is("nan");
    }

    std::string out_;
    std::size_t offset_begin_ = 0;  // of the last offset in it
    std::size_t offset_end_ = 0;
};

class SelectorFinder {
public:
    std::vector<const VectorSelector*> take() { return std::move(found_); }

    void visit(const Expr& expr) {
        std::visit([this](const auto& node) { visit(node); }, expr.node);
    }

private:
    void visit(const NumberLiteral& /*node*/) {}
    void visit(const StringLiteral& /*node*/) {}
    void visit(const VectorSelector& node) { found_.push_back(&node); }
    void visit(const MatrixSelector& node) { found_.push_back(&node.selector); }
    void visit(const Subquery& node) { visit(*node.expr); }
    void visit(const Paren& node) { visit(*node.expr); }
    void visit(const Negation& node) { visit(*node.expr); }
    void visit(const Binary& node) {
        visit(*node.left);
        visit(*node.right);
    }
    void visit(const Aggregate& node) {
        if (node.param) visit(*node.param);
        visit(*node.expr);
    }
    void visit(const Call& node) {
        for (const auto& argument : node.args) visit(*argument);
    }

    std::vector<const VectorSelector*> found_;
};

}  // namespace

std::string_view to_string(ValueType type) noexcept {
    switch (type) {
        case ValueType::scalar: return "scalar";
        case ValueType::string: return "string";
        case ValueType::instant_vector: return "instant vector";
        case ValueType::range_vector: return "range vector";
    }
    return "";
}

std::string_view to_string(Edges edges) noexcept {
    switch (edges) {
        case Edges::plain: return "";
        case Edges::anchored: return "anchored";
        case Edges::smoothed: return "smoothed";
    }
    return "";
}

std::string_view to_string(BinaryOp op) noexcept {
    switch (op) {
        case BinaryOp::add: return "+";
        case BinaryOp::sub: return "-";
        case BinaryOp::mul: return "*";
        case BinaryOp::div: return "/";
        case BinaryOp::mod: return "%";
        case BinaryOp::pow: return "^";
        case BinaryOp::atan2: return "atan2";
        case BinaryOp::equal: return "==";
        case BinaryOp::not_equal: return "!=";
        case BinaryOp::greater: return ">";
        case BinaryOp::less: return "<";
        case BinaryOp::greater_equal: return ">=";
        case BinaryOp::less_equal: return "<=";
        case BinaryOp::set_and: return "and";
        case BinaryOp::set_or: return "or";
        case BinaryOp::set_unless: return "unless";
    }
    return "";
}

std::string_view to_string(AggregateOp op) noexcept {
    switch (op) {
        case AggregateOp::sum: return "sum";
        case AggregateOp::avg: return "avg";
        case AggregateOp::min: return "min";
        case AggregateOp::max: return "max";
        case AggregateOp::count: return "count";
        case AggregateOp::group: return "group";
        case AggregateOp::stddev: return "stddev";
        case AggregateOp::stdvar: return "stdvar";
        case AggregateOp::topk: return "topk";
        case AggregateOp::bottomk: return "bottomk";
        case AggregateOp::quantile: return "quantile";
        case AggregateOp::count_values: return "count_values";
        case AggregateOp::limitk: return "limitk";
    }
    return "";
}

std::string to_text(const Expr& expr) {
    Printer printer;
    printer.print(expr);
    return printer.take();
}

const Expr& without_parens(const Expr& expr) noexcept {
    const Expr* inner = &expr;
    while (const auto* paren = std::get_if<Paren>(&inner->node)) inner = paren->expr.get();
    return *inner;
}

std::vector<const VectorSelector*> selectors_of(const Expr& expr) {
    SelectorFinder finder;
    finder.visit(expr);
    return finder.take();
}

}  // namespace outrider::rules::promql
