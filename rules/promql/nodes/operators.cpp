#include "rules/promql/nodes/operators.h"

#include <cmath>
#include <limits>

namespace outrider::rules::promql {

double arithmetic(BinaryOp op, double left, double right) noexcept {
    switch (op) {
        case BinaryOp::add: return left + right;
        case BinaryOp::sub: return left - right;
        case BinaryOp::mul: return left * right;
        case BinaryOp::div: return left / right;
        case BinaryOp::mod: return std::fmod(left, right);
        case BinaryOp::pow: return std::pow(left, right);
        case BinaryOp::atan2: return std::atan2(left, right);
        case BinaryOp::equal:
        case BinaryOp::not_equal:
        case BinaryOp::greater:
        case BinaryOp::less:
        case BinaryOp::greater_equal:
        case BinaryOp::less_equal:
        case BinaryOp::set_and:
        case BinaryOp::set_or:
        case BinaryOp::set_unless: break;
    }
    return std::numeric_limits<double>::quiet_NaN();
}

bool compare(BinaryOp op, double left, double right) noexcept {
    switch (op) {
        case BinaryOp::equal: return left == right;
        case BinaryOp::not_equal: return left != right;
        case BinaryOp::greater: return left > right;
        case BinaryOp::less: return left < right;
        case BinaryOp::greater_equal: return left >= right;
        case BinaryOp::less_equal: return left <= right;
        case BinaryOp::add:
        case BinaryOp::sub:
        case BinaryOp::mul:
        case BinaryOp::div:
        case BinaryOp::mod:
        case BinaryOp::pow:
        case BinaryOp::atan2:
        case BinaryOp::set_and:
        case BinaryOp::set_or:
        case BinaryOp::set_unless: break;
    }
    return false;
}

double ScalarBinaryNode::evaluate(const Context& context) {
    const auto left = left_->evaluate(context);
    const auto right = right_->evaluate(context);
    if (is_comparison(op_)) return compare(op_, left, right) ? 1 : 0;
    return arithmetic(op_, left, right);
}

void VectorNegationNode::evaluate(const Context& context, Vector& out) {
    inner_->evaluate(context, out);
    for (auto& element : out) element.value = -element.value;
    names_.drop(context, out);
}

void VectorScalarNode::evaluate(const Context& context, Vector& out) {
    vector_->evaluate(context, out);
    const auto scalar = scalar_->evaluate(context);
    const bool vector_left = side_ == Side::vector_left;
    const auto left = [&](const Element& element) { return vector_left ? element.value : scalar; };
    const auto right = [&](const Element& element) { return vector_left ? scalar : element.value; };
    if (!is_comparison(op_)) {
        for (auto& element : out) element.value = arithmetic(op_, left(element), right(element));
    } else if (return_bool_) {
        for (auto& element : out) element.value = compare(op_, left(element), right(element)) ? 1 : 0;
    } else {
        std::erase_if(out, [&](const Element& element) { return !compare(op_, left(element), right(element)); });
        return;
    }
    names_.drop(context, out);
}

}  // namespace outrider::rules::promql
