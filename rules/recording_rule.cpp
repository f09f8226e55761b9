#include "rules/recording_rule.h"

#include <fmt/format.h>

namespace outrider::rules {

RecordingRuleState::RecordingRuleState(const RecordingRule& rule, SeriesStore& store, const RuleOptions& options,
                                       Duration offset, std::size_t limit)
    : rule_(rule), plan_(*rule.expr.tree, store, options.promql), writer_(store), offset_(offset), limit_(limit) {}

void RecordingRuleState::evaluate(Instant at) {
    const auto recorded = record(at - offset_);
    status_ = {.health = recorded ? RuleHealth::ok : RuleHealth::err,
               .last_error = recorded ? "" : recorded.error().text,
               .last_evaluation = at};
}

Labels RecordingRuleState::named(const Labels& element) const {
    auto labels = element;
    labels.set(promql::kMetricName, rule_.name);
    for (const auto& [name, value] : rule_.labels) labels.set(name, value);
    return labels;
}

Status RecordingRuleState::record(Instant at) {
    const auto elements = plan_.elements(at);
    if (!elements) return elements.error();
    if (limit_ > 0 && elements->size() > limit_)
        return Error{fmt::format("exceeded limit of {} with {} series", limit_, elements->size())};
    return writer_.write(
        *elements, [this](const Labels& labels) { return named(labels); }, at);
}

}  // namespace outrider::rules
