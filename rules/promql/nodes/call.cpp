#include "rules/promql/nodes/call.h"

namespace outrider::rules::promql {
namespace {

void evaluate_all(const std::vector<ScalarPtr>& nodes, const Context& context, std::vector<double>& values) {
    values.clear();
    for (const auto& node : nodes) values.push_back(node->evaluate(context));
}

}  // namespace

void ValueCallNode::evaluate(const Context& context, Vector& out) {
    inner_->evaluate(context, out);
    evaluate_all(parameters_, context, parameter_values_);
    for (auto& element : out) element.value = function_(element.value, parameter_values_);
    names_.drop(context, out);
}

void RangeCallNode::evaluate(const Context& context, Vector& out) {
    out.clear();
    range_->evaluate(context, matrix_);
    evaluate_all(parameters_, context, parameter_values_);
    for (std::size_t i = 0; i < matrix_.elements.size(); ++i) {
        const auto& element = matrix_.elements[i];
        const auto metric = metrics_.at(context.labels, i, element.labels,
                                        [](const Labels& labels) { return labels.value_of(kMetricName); });
        const Window window{
            .points = element.points, .from = matrix_.from, .to = matrix_.to, .metric = metric, .begin = begin_};
        if (const auto value = function_(window, parameter_values_, context))
            out.push_back({.labels = element.labels, .value = *value, .nameless = element.nameless});
    }
    if (!keeps_name_) names_.drop(context, out);
}

}  // namespace outrider::rules::promql
