// Aggregations: sum by (pop) (…), topk(3, …), count_values("version", …).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "rules/promql/expr.h"
#include "rules/promql/label_keys.h"
#include "rules/promql/node.h"
#include "rules/promql/nodes/parameter.h"
#include "rules/promql/sums.h"

namespace outrider::rules::promql {

/// The rule of by() or without().
[[nodiscard]] LabelKeys group_keys(bool without, const std::vector<std::string>& labels);

/// One element for each group: sum avg min max count group stddev stdvar, and quantile with its parameter.
class AggregateNode final : public VectorNode {
public:
    /// `parameter` may be empty, but not that of quantile.
    AggregateNode(AggregateOp op, LabelKeys groups, VectorPtr inner, ScalarPtr parameter, std::size_t parameter_begin)
        : op_(op), groups_(std::move(groups)), inner_(std::move(inner)), parameter_begin_(parameter_begin) {
        if (parameter) parameter_.emplace(std::move(parameter));
    }
    void evaluate(const Context& context, Vector& out) override;

private:
    struct Group {
        const Labels* labels = nullptr;
        bool nameless = false;
        double count = 0;
        double extreme = 0;  // min, max
        CompensatedSum sum;
        CompensatedMean mean;
        double squares = 0;  // sum of squared distances from running_mean (Welford)
        double running_mean = 0;
        std::vector<double> values;  // quantile
    };
    void add(Group& group, double value) const;
    [[nodiscard]] double result(Group& group, double parameter) const;
    /// Warns of a quantile outside of 0 to 1.
    void check_parameter(const Context& context);

    AggregateOp op_;
    LabelKeys groups_;
    VectorPtr inner_;
    std::optional<Parameter> parameter_;
    std::size_t parameter_begin_;
    Vector values_;
    Marks present_;
    std::vector<Group> states_;         // by group
    std::vector<std::uint32_t> order_;  // groups present, in the order of their first element
};

/// Some elements of each group, as they are: topk, bottomk (sorted), limitk.
class SelectSomeNode final : public VectorNode {
public:
    SelectSomeNode(AggregateOp op, LabelKeys groups, VectorPtr inner, ScalarPtr parameter)
        : op_(op), groups_(std::move(groups)), inner_(std::move(inner)), parameter_(std::move(parameter)) {}
    void evaluate(const Context& context, Vector& out) override;
    [[nodiscard]] bool ordered() const noexcept override { return op_ != AggregateOp::limitk; }

private:
    /// How many of each group; nullopt when there is nothing to select, or after an error.
    [[nodiscard]] std::optional<std::size_t> count(const Context& context);

    AggregateOp op_;
    LabelKeys groups_;
    VectorPtr inner_;
    Parameter parameter_;
    Vector values_;
    Marks present_;
    std::vector<Vector> members_;       // by group
    std::vector<std::uint32_t> order_;  // as in AggregateNode
};

/// One element for each value within each group; the value becomes a label.
class CountValuesNode final : public VectorNode {
public:
    CountValuesNode(std::string label, bool without, std::vector<std::string> labels, VectorPtr inner);
    void evaluate(const Context& context, Vector& out) override;

private:
    std::string label_;
    LabelKeys groups_;
    VectorPtr inner_;
    Vector values_;
    Marks present_;
    std::vector<std::size_t> place_of_;  // by group: index in the result
};

}  // namespace outrider::rules::promql
