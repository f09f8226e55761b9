#include <fmt/format.h>

#include <cmath>

#include "rules/promql/expr.h"
#include "rules/promql/text.h"

namespace outrider::rules::promql {
namespace {

class DurationPrinter {
public:
    std::string take() { return std::move(out_); }

    void print(const DurationExpr& expr) {
        if (expr.wrapped) out_ += '(';
        print_inner(expr);
        if (expr.wrapped) out_ += ')';
    }

private:
    void print_inner(const DurationExpr& expr) {
        using Op = DurationExpr::Op;
        switch (expr.op) {
            case Op::literal: return print(expr.literal);
            case Op::step: out_ += "step()"; return;
            case Op::range: out_ += "range()"; return;
            case Op::min_of: return print_choice("min_of", expr);
            case Op::max_of: return print_choice("max_of", expr);
            case Op::minus:
                out_ += '-';
                print(*expr.right);
                return;
            case Op::add: return print_binary(" + ", expr);
            case Op::sub: return print_binary(" - ", expr);
            case Op::mul: return print_binary(" * ", expr);
            case Op::div: return print_binary(" / ", expr);
            case Op::mod: return print_binary(" % ", expr);
            case Op::pow: return print_power(expr);
        }
    }
    void print(const NumberLiteral& node) {
        const auto duration = node.duration ? duration_of(node.value) : std::nullopt;
        out_ += duration ? duration_literal(*duration) : number_literal(node.value);
    }
    void print_binary(std::string_view op, const DurationExpr& expr) {
        print(*expr.left);
        out_ += op;
        print(*expr.right);
    }
    void print_choice(std::string_view name, const DurationExpr& expr) {
        out_ += fmt::format("{}(", name);
        print_binary(", ", expr);
        out_ += ')';
    }
    // The sign of a literal holds less than ^; Prometheus prints (-2) ^ 2 as -2 ^ 2, which is another number.
    void print_power(const DurationExpr& expr) {
        const auto& base = *expr.left;
        const bool negative = base.op == DurationExpr::Op::literal && std::signbit(base.literal.value);
        if (negative) out_ += '(';
        print(base);
        if (negative) out_ += ')';
        out_ += " ^ ";
        print(*expr.right);
    }

    std::string out_;
};

}  // namespace

std::string to_text(const DurationExpr& expr) {
    DurationPrinter printer;
    printer.print(expr);
    return printer.take();
}

}  // namespace outrider::rules::promql
