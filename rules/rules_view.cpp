#include "rules/rules_view.h"

#include "rules/rule_group.h"

namespace outrider::rules {
namespace {

std::vector<std::pair<std::string, std::string>> as_written(const Templates& templates) {
    std::vector<std::pair<std::string, std::string>> texts;
    for (const auto& named : templates) texts.emplace_back(named.name, named.text);
    return texts;
}

RuleView view_of(const AlertRuleState& state) {
    const auto& rule = state.rule();
    RuleView view{.type = RuleView::Type::alerting,
                  .name = rule.name,
                  .query = rule.expr.text,
                  .hold = rule.hold,
                  .keep_firing = rule.keep_firing,
                  .labels = as_written(rule.labels),
                  .annotations = as_written(rule.annotations),
                  .status = state.status(),
                  .alerts = {}};
    for (const auto& [labels, alert] : state.active()) view.alerts.push_back(alert);
    return view;
}

RuleView view_of(const RecordingRuleState& state) {
    const auto& rule = state.rule();
    return {.type = RuleView::Type::recording,
            .name = rule.name,
            .query = rule.expr.text,
            .labels = rule.labels,
            .annotations = {},
            .status = state.status(),
            .alerts = {}};
}

}  // namespace

RulesView view_of(std::span<const RuleGroupState> groups) {
    RulesView view;
    for (const auto& group : groups) {
        view.push_back({.name = group.name(),
                        .file = group.file(),
                        .interval = group.interval(),
                        .limit = group.limit(),
                        .rules = {}});
        for (const auto& rule : group.rules())
            view.back().rules.push_back(std::visit([](const auto& state) { return view_of(state); }, rule));
    }
    return view;
}

}  // namespace outrider::rules
