// A compiled expression is a tree of nodes. Each keeps its buffers and what it has worked out about label sets, so that
// evaluating it again over the same series allocates nothing and hashes no text.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "rules/promql/context.h"
#include "rules/promql/value.h"

namespace outrider::rules::promql {

class ScalarNode {
public:
    virtual ~ScalarNode() = default;
    [[nodiscard]] virtual double evaluate(const Context& context) = 0;
    /// What it is at every moment; nullopt when it may change.
    [[nodiscard]] virtual std::optional<double> constant() const noexcept { return std::nullopt; }
};

class VectorNode {
public:
    virtual ~VectorNode() = default;
    /// Replaces `out`. No two elements have one label set, unless the error is reported.
    virtual void evaluate(const Context& context, Vector& out) = 0;
    /// Like evaluate(), with the moments of the values in seconds since 1970 as values: for timestamp(). Anything but a
    /// selector has its values from the moment of the evaluation.
    virtual void evaluate_times(const Context& context, Vector& out) {
        evaluate(context, out);
        for (auto& element : out) element.value = unix_seconds(context.at);
    }
    /// The elements come in an order that says something (sort, topk); else the order may be chosen by a reader.
    [[nodiscard]] virtual bool ordered() const noexcept { return false; }
};

class RangeNode {
public:
    virtual ~RangeNode() = default;
    /// Replaces `out`; its points are valid until the next call.
    virtual void evaluate(const Context& context, Matrix& out) = 0;
};

using ScalarPtr = std::unique_ptr<ScalarNode>;
using VectorPtr = std::unique_ptr<VectorNode>;
using RangePtr = std::unique_ptr<RangeNode>;

/// An argument of a call, compiled; a string is always a literal.
using Argument = std::variant<ScalarPtr, VectorPtr, RangePtr, std::string>;

}  // namespace outrider::rules::promql
