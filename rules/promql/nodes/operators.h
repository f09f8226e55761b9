// Operators between numbers, and between a vector and a number.
#pragma once

#include <optional>
#include <utility>

#include "rules/promql/expr.h"
#include "rules/promql/name_dropper.h"
#include "rules/promql/node.h"

namespace outrider::rules::promql {

/// `left op right` of an arithmetic operator.
[[nodiscard]] double arithmetic(BinaryOp op, double left, double right) noexcept;
/// Of a comparison. NaN equals nothing.
[[nodiscard]] bool compare(BinaryOp op, double left, double right) noexcept;

class NumberNode final : public ScalarNode {
public:
    explicit NumberNode(double value) : value_(value) {}
    double evaluate(const Context&) override { return value_; }
    [[nodiscard]] std::optional<double> constant() const noexcept override { return value_; }

private:
    double value_;
};

class ScalarNegationNode final : public ScalarNode {
public:
    explicit ScalarNegationNode(ScalarPtr inner) : inner_(std::move(inner)) {}
    double evaluate(const Context& context) override { return -inner_->evaluate(context); }

private:
    ScalarPtr inner_;
};

class ScalarBinaryNode final : public ScalarNode {
public:
    ScalarBinaryNode(BinaryOp op, ScalarPtr left, ScalarPtr right)
        : op_(op), left_(std::move(left)), right_(std::move(right)) {}
    double evaluate(const Context& context) override;

private:
    BinaryOp op_;
    ScalarPtr left_;
    ScalarPtr right_;
};

class VectorNegationNode final : public VectorNode {
public:
    explicit VectorNegationNode(VectorPtr inner) : inner_(std::move(inner)) {}
    void evaluate(const Context& context, Vector& out) override;

private:
    VectorPtr inner_;
    NameDropper names_;
};

/// A comparison filters the vector and leaves its values, on whichever side it stands; with `bool` it gives 0 and 1.
class VectorScalarNode final : public VectorNode {
public:
    enum class Side : bool { vector_left, vector_right };

    VectorScalarNode(BinaryOp op, bool return_bool, Side side, VectorPtr vector, ScalarPtr scalar)
        : op_(op), return_bool_(return_bool), side_(side), vector_(std::move(vector)), scalar_(std::move(scalar)) {}
    void evaluate(const Context& context, Vector& out) override;

private:
    BinaryOp op_;
    bool return_bool_;
    Side side_;
    VectorPtr vector_;
    ScalarPtr scalar_;
    NameDropper names_;
};

}  // namespace outrider::rules::promql
