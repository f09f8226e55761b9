// Calls of functions that look at one value, or at one series in a window.
#pragma once

#include <cstddef>
#include <string_view>
#include <utility>
#include <vector>

#include "rules/promql/functions/functions.h"
#include "rules/promql/label_memo.h"
#include "rules/promql/name_dropper.h"
#include "rules/promql/node.h"

namespace outrider::rules::promql {

class ValueCallNode final : public VectorNode {
public:
    ValueCallNode(ValueFunction function, VectorPtr inner, std::vector<ScalarPtr> parameters)
        : function_(function), inner_(std::move(inner)), parameters_(std::move(parameters)) {}
    void evaluate(const Context& context, Vector& out) override;

private:
    ValueFunction function_;
    VectorPtr inner_;
    std::vector<ScalarPtr> parameters_;
    std::vector<double> parameter_values_;
    NameDropper names_;
};

class RangeCallNode final : public VectorNode {
public:
    /// `begin`: where the range stands in the text.
    RangeCallNode(RangeFunction function, bool keeps_name, RangePtr range, std::vector<ScalarPtr> parameters,
                  std::size_t begin)
        : function_(function),
          keeps_name_(keeps_name),
          range_(std::move(range)),
          parameters_(std::move(parameters)),
          begin_(begin) {}
    void evaluate(const Context& context, Vector& out) override;

private:
    RangeFunction function_;
    bool keeps_name_;
    RangePtr range_;
    std::vector<ScalarPtr> parameters_;
    std::size_t begin_;
    std::vector<double> parameter_values_;
    Matrix matrix_;
    LabelMemo<std::string_view> metrics_;
    NameDropper names_;
};

}  // namespace outrider::rules::promql
