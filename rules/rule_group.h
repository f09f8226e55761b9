// A group of rules at work: evaluated in their order over one store, so that a rule sees what those before it recorded.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "outrider/alert.h"
#include "outrider/effect.h"
#include "outrider/time.h"
#include "rules/alert_rule.h"
#include "rules/recording_rule.h"
#include "rules/rule_file.h"
#include "rules/rule_options.h"
#include "rules/series_store.h"

namespace outrider::rules {

/// An alerting or a recording rule at work.
using RuleState = std::variant<AlertRuleState, RecordingRuleState>;

[[nodiscard]] const RuleStatus& status_of(const RuleState& rule);

/// Moves, but is not copied. The store must outlive it.
class RuleGroupState {
public:
    /// `recorded` knows the recording rules of all groups (see evidence.h) and is not needed afterwards.
    RuleGroupState(const RuleGroup& group, SeriesStore& store, const RuleOptions& options, const RecordedBy& recorded);

    /// Evaluates every rule as of `at` and returns what changed about alerts. A rule that fails changes nothing, and
    /// the others go on; its status says why. Want `at` to rise from call to call.
    [[nodiscard]] std::vector<AlertChanged> evaluate(Instant at);

    [[nodiscard]] const std::string& name() const noexcept { return name_; }
    [[nodiscard]] const std::string& file() const noexcept { return file_; }
    [[nodiscard]] Duration interval() const noexcept { return interval_; }
    [[nodiscard]] Duration query_offset() const noexcept { return query_offset_; }
    [[nodiscard]] std::size_t limit() const noexcept { return limit_; }
    [[nodiscard]] std::span<RuleState> rules() noexcept { return rules_; }
    [[nodiscard]] std::span<const RuleState> rules() const noexcept { return rules_; }

private:
    std::string name_;
    std::string file_;
    Duration interval_;
    Duration query_offset_;
    std::size_t limit_;
    std::vector<RuleState> rules_;
};

/// Every group of the files, in their order.
[[nodiscard]] std::vector<RuleGroupState> make_groups(std::span<const RuleFile> files, SeriesStore& store,
                                                      const RuleOptions& options);

}  // namespace outrider::rules
