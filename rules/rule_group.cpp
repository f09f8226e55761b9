#include "rules/rule_group.h"

#include <iterator>
#include <utility>

namespace outrider::rules {

RuleGroupState::RuleGroupState(const RuleGroup& group, SeriesStore& store, const RuleOptions& options,
                               const RecordedBy& recorded)
    : name_(group.name),
      file_(group.file),
      interval_(group.interval),
      query_offset_(group.query_offset),
      limit_(group.limit) {
    for (const auto& rule : group.rules) {
        if (const auto* alert = std::get_if<AlertRule>(&rule)) {
            rules_.emplace_back(AlertRuleState{*alert, store, options, recorded, query_offset_, limit_});
        } else {
            const auto& recording = std::get<RecordingRule>(rule);
            rules_.emplace_back(RecordingRuleState{recording, store, options, query_offset_, limit_});
        }
    }
}

std::vector<AlertChanged> RuleGroupState::evaluate(Instant at) {
    std::vector<AlertChanged> changes;
    for (auto& rule : rules_) {
        if (auto* alert = std::get_if<AlertRuleState>(&rule)) {
            auto more = alert->evaluate(at);
            std::ranges::move(more, std::back_inserter(changes));
        } else {
            std::get<RecordingRuleState>(rule).evaluate(at);
        }
    }
    return changes;
}

std::vector<RuleGroupState> make_groups(std::span<const RuleFile> files, SeriesStore& store,
                                        const RuleOptions& options) {
    RecordedBy recorded;
    for (const auto& file : files)
        for (const auto& group : file.groups)
            for (const auto& rule : group.rules)
                if (const auto* recording = std::get_if<RecordingRule>(&rule))
                    recorded.emplace(recording->name, recording);
    std::vector<RuleGroupState> groups;
    for (const auto& file : files)
        for (const auto& group : file.groups) groups.emplace_back(group, store, options, recorded);
    return groups;
}

const RuleStatus& status_of(const RuleState& rule) {
    return std::visit([](const auto& state) -> const RuleStatus& { return state.status(); }, rule);
}

}  // namespace outrider::rules
