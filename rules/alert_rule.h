// The states of one alerting rule's alerts: inactive, pending, firing, resolved.
#pragma once

#include <map>
#include <span>
#include <vector>

#include "outrider/alert.h"
#include "outrider/effect.h"
#include "rules/latest_store.h"
#include "rules/rule_file.h"

namespace outrider::rules {

/// Prometheus's state machine, with one difference: silence is not recovery. A firing alert whose series has vanished
/// is held until data says otherwise.
///
///   rule: for 20s, keep_firing_for 30s, tick 10s; true at t = 10..50
///   t=10 pending   t=30 firing   t=60 first false   t=90 resolved
class AlertRuleState {
public:
    explicit AlertRuleState(AlertRule rule) : rule_(std::move(rule)) {}

    [[nodiscard]] const AlertRule& rule() const noexcept { return rule_; }

    /// Takes back an alert from before a restart; false if it is not this rule's.
    bool restore(const Alert& alert);

    /// Evaluates at `at` and returns what changed, alerts in the order of their labels. A true value that only moves
    /// is no change.
    [[nodiscard]] std::vector<AlertChanged> evaluate(const LatestStore& store, Instant at);

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

    [[nodiscard]] const std::map<Labels, Alert>& active() const noexcept { return active_; }

private:
    [[nodiscard]] Labels identity(const Element& element) const;
    void on_true(const Element& element, const Labels& labels, Instant at, std::vector<AlertChanged>& changes);
    void on_false(Alert& alert, Instant at, std::vector<AlertChanged>& changes);
    void refresh_annotations(Alert& alert, const Element& element) const;

    AlertRule rule_;
    std::map<Labels, Alert> active_;  // pending and firing
};

}  // namespace outrider::rules
