// The states of one alerting rule's alerts: inactive, pending, firing, resolved.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "outrider/alert.h"
#include "outrider/effect.h"
#include "outrider/result.h"
#include "rules/alert_series.h"
#include "rules/evidence.h"
#include "rules/promql/plan.h"
#include "rules/rule_file.h"
#include "rules/rule_options.h"
#include "rules/series_store.h"

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
///
/// With `on_no_data: fire` an element of the expression's left side (of a comparison, `and`, `unless`; else of the
/// whole) that falls silent counts as true with its last value, until it reports again or its target is removed.
class AlertRuleState {
public:
    /// `offset` and `limit` are the group's.
    AlertRuleState(const AlertRule& rule, SeriesStore& store, const RuleOptions& options, const RecordedBy& recorded,
                   Duration offset, std::size_t limit);

    [[nodiscard]] const AlertRule& rule() const noexcept { return rule_; }
    [[nodiscard]] const RuleStatus& status() const noexcept { return status_; }

    /// Takes back an alert from before a restart; false if it cannot be this rule's. It goes on as it is, pending or
    /// firing, until its series report again.
    bool restore(const Alert& alert);

    /// Evaluates at `at` and returns what changed, alerts in the order of their labels. A true value that only moves
    /// is no change. On failure nothing changes, and status() says why.
    [[nodiscard]] std::vector<AlertChanged> evaluate(Instant at);

    /// Drops the active alerts that speak of no target any more, and returns them: those of which `has_target` is
    /// false, given the labels that are not the rule's own, and that no series says anything of as of `at`. What was
    /// restored is let alone until a look-back has passed.
    template <class Predicate>
    [[nodiscard]] std::vector<Alert> drop_targetless(Predicate&& has_target, Instant at) {
        std::erase_if(population_, [&](const auto& entry) {
            return !has_target(entry.first) && ask(entry.first, at) == Evidence::Answer::no_data;
        });
        std::vector<Alert> dropped;
        std::erase_if(active_, [&](const auto& entry) {
            if (has_target(without_own(entry.first)) || is_early(backgrounds_.at(entry.first), at) ||
                ask(entry.first, at) != Evidence::Answer::no_data)
                return false;
            backgrounds_.erase(entry.first);
            dropped.push_back(entry.second);
            return true;
        });
        return dropped;
    }

    /// Pending and firing.
    [[nodiscard]] const std::map<Labels, Alert>& active() const noexcept { return active_; }

private:
    struct Element {
        Labels labels;
        double value = 0;
        bool assumed = false;  // of silent series, which on_no_data: fire takes for true
    };
    /// What is remembered of an active alert beside what a book keeps.
    struct Background {
        std::optional<Labels> element;  // that the annotations were expanded for
        bool restored = false;          // and not true since then
        bool interrupted = false;       // restored, or found silent, and not true since then
    };
    /// What an evaluation says, before anything has changed.
    struct Verdict {
        std::map<Labels, Element> now_true;  // by the alert's labels,
        std::set<Labels> held;               // active alerts that go on, though not true
        std::set<Labels> waiting;            // those of them that nothing can be said of yet, after a restart
        std::set<Labels> uncertain;          // active alerts of whose absence the data does not say that they are false
    };
    [[nodiscard]] Result<Verdict> judge(Instant at);
    [[nodiscard]] std::optional<Error> find_true(Instant at, Verdict& verdict);
    [[nodiscard]] std::optional<Error> find_silent(Instant at, Verdict& verdict);
    [[nodiscard]] std::optional<Error> find_held(Instant at, Verdict& verdict);
    [[nodiscard]] std::size_t count_after(const Verdict& verdict, Instant at) const;
    [[nodiscard]] std::vector<AlertChanged> apply(const Verdict& verdict, Instant at);
    void on_true(const Element& element, const Labels& labels, Instant at, std::vector<AlertChanged>& changes);
    /// Whether the annotations have another text now.
    bool annotate(Alert& alert, const Element& element, Background& background) const;
    /// False when the alert is over.
    bool on_false(Alert& alert, Instant at, std::vector<AlertChanged>& changes) const;
    [[nodiscard]] bool keeps_firing(const Alert& alert, Instant at) const;
    [[nodiscard]] bool is_early(const Background& background, Instant at) const;
    [[nodiscard]] Evidence::Answer ask(const Labels& labels, Instant at);
    [[nodiscard]] std::string expand(const Template& text, const Element& element) const;
    [[nodiscard]] Labels identity(const Element& element) const;
    /// What an element of resolve_expr must have in common with an alert.
    [[nodiscard]] Labels without_own(Labels labels) const;

    AlertRule rule_;
    Labels external_labels_;
    std::string external_url_;
    OnNoData on_no_data_;
    Duration lookback_;
    Duration offset_;
    std::size_t limit_;
    promql::Plan plan_;
    std::optional<promql::Plan> resolve_plan_;
    std::optional<Evidence> evidence_;             // none: silence and false are one
    std::optional<promql::Plan> population_plan_;  // of on_no_data: fire, the expression's left side
    std::map<Labels, double> population_;          // its elements, and their last values
    AlertSeries series_;
    std::map<Labels, Alert> active_;            // pending and firing
    std::map<Labels, Background> backgrounds_;  // of them all
    std::optional<Instant> first_;              // evaluation
    RuleStatus status_;
};

}  // namespace outrider::rules
