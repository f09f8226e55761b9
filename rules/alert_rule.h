// The states of one alerting rule's alerts: inactive, pending, firing, resolved.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "outrider/alert.h"
#include "outrider/effect.h"
#include "outrider/result.h"
#include "rules/evidence.h"
#include "rules/promql/plan.h"
#include "rules/rule_file.h"
#include "rules/rule_options.h"
#include "rules/series_store.h"
#include "rules/series_writer.h"

namespace outrider::rules {

/// Prometheus's state machine, with one difference: silence is not recovery. A firing alert whose series have stopped
/// reporting is held until data says otherwise (evidence.h, OnNoData).
///
///   rule: for 20s, keep_firing_for 30s, tick 10s; true at t = 10..50
///   t=10 pending   t=30 firing   t=60 first false   t=90 resolved
///
/// With `resolve_expr` there is a zone between: a firing alert is over only when the expression is not true and
/// resolve_expr has an element with the alert's labels (those that the rule sets itself aside). keep_firing_for then
/// counts from the first such evaluation, and again from the next one after an evaluation that was not.
///
///   expr: lag > 3, resolve_expr: lag < 1         lag  4       2       0.5       2
///                                                     firing  firing  resolved  -
class AlertRuleState {
public:
    /// `offset` and `limit` are the group's.
    AlertRuleState(const AlertRule& rule, SeriesStore& store, const RuleOptions& options, const RecordedBy& recorded,
                   Duration offset, std::size_t limit);

    [[nodiscard]] const AlertRule& rule() const noexcept { return rule_; }
    [[nodiscard]] const RuleStatus& status() const noexcept { return status_; }

    /// Takes back an alert from before a restart; false if it is not this rule's.
    bool restore(const Alert& alert);

    /// Evaluates at `at` and returns what changed, alerts in the order of their labels. A true value that only moves
    /// is no change. On failure nothing changes, and status() says why.
    [[nodiscard]] std::vector<AlertChanged> evaluate(Instant at);

    /// Drops the active alerts whose labels satisfy the predicate, and returns them.
    template <class Predicate>
    [[nodiscard]] std::vector<Alert> remove_if(Predicate&& unwanted) {
        std::vector<Alert> removed;
        std::erase_if(active_, [&](const auto& entry) {
            if (!unwanted(entry.first)) return false;
            removed.push_back(entry.second);
            return true;
        });
        return removed;
    }

    /// Pending and firing.
    [[nodiscard]] const std::map<Labels, Alert>& active() const noexcept { return active_; }

private:
    AlertRule rule_;
    std::map<Labels, Alert> active_;  // pending and firing
    RuleStatus status_;
};

}  // namespace outrider::rules
