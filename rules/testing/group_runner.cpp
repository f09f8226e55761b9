#include "rules/testing/group_runner.h"

#include <algorithm>
#include <memory>
#include <span>
#include <utility>
#include <variant>

#include "rules/detectors/detector_bank.h"
#include "rules/rule_group.h"
#include "rules/rule_options.h"

namespace outrider::rules::testing {
namespace {

class GroupRunner final : public RuleRunner {
public:
    GroupRunner(std::vector<RuleGroupState> groups, std::unique_ptr<DetectorBank> detectors)
        : groups_(std::move(groups)), detectors_(std::move(detectors)) {}

    std::vector<std::string> evaluate(Instant at) override {
        std::vector<std::string> errors;
        detectors_->run(at);
        for (auto& group : groups_) {
            (void)group.evaluate(at);
            for (const auto& state : std::as_const(group).rules()) {
                const auto report = [&](const auto& rule) {
                    if (rule.status().health == RuleHealth::err)
                        errors.push_back(rule.rule().name + ": " + rule.status().last_error);
                };
                std::visit(report, state);
            }
        }
        return errors;
    }

    [[nodiscard]] std::vector<Alert> active(std::string_view alertname) const override {
        std::vector<Alert> alerts;
        for (const auto& group : groups_)
            for (const auto& state : group.rules())
                if (const auto* rule = std::get_if<AlertRuleState>(&state); rule && rule->rule().name == alertname)
                    for (const auto& [labels, alert] : rule->active()) alerts.push_back(alert);
        return alerts;
    }

private:
    std::vector<RuleGroupState> groups_;
    std::unique_ptr<DetectorBank> detectors_;
};

/// promtool orders the groups that group_eval_order names, and leaves the others where the sort puts them: as if each
/// were named first. Here equals keep the order of the files.
void sort_groups(std::vector<RuleGroupState>& groups, const std::vector<std::string>& order) {
    const auto place = [&](const RuleGroupState& group) {
        const auto found = std::ranges::find(order, group.name());
        return found == order.end() ? 0 : found - order.begin();
    };
    std::ranges::stable_sort(groups, {}, place);
}

}  // namespace

RuleRunnerFactory group_runner(std::vector<RuleFile> files) {
    return [files = std::move(files)](const UnitTestFile& file, const TestGroup& test, SeriesStore& store) {
        const RuleOptions options{.promql = {.subquery_step = file.evaluation_interval},
                                  .silence = Silence::is_false,
                                  .external_labels = test.external_labels,
                                  .external_url = test.external_url};
        auto groups = make_groups(files, store, options);
        sort_groups(groups, file.group_eval_order);
        return std::make_unique<GroupRunner>(std::move(groups),
                                             std::make_unique<DetectorBank>(detectors_of(files), store));
    };
}

}  // namespace outrider::rules::testing
