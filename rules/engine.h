// The engine: an ordered list of events in, effects out. No I/O, no clock, no thread: the same events give the same
// effects, live, in a test and in replay.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "outrider/alert.h"
#include "outrider/effect.h"
#include "outrider/event.h"
#include "outrider/time.h"
#include "rules/detectors/detector_bank.h"
#include "rules/incident_desk.h"
#include "rules/localise.h"
#include "rules/rule_file.h"
#include "rules/rule_group.h"
#include "rules/rule_options.h"
#include "rules/rules_view.h"
#include "rules/sample_intake.h"
#include "rules/series_store.h"

namespace outrider::rules {

/// Counted since construction.
struct EngineCounters {
    std::uint64_t samples = 0;
    std::uint64_t refused_samples = 0;  ///< of an unknown target, or out of order
    std::uint64_t evaluations = 0;      ///< rule groups evaluated
    std::uint64_t missed = 0;           ///< group evaluations left out because a tick came late
    std::uint64_t rules = 0;            ///< rules evaluated
    std::uint64_t failures = 0;         ///< rules whose evaluation failed
};

class Engine {
public:
    /// How old a series's newest point may be. Series go stale by markers (sample_intake.h, recording_rule.h), so that
    /// this only has to span the longest heartbeat, 5 s, thrice; and twice the longest interval of a group, whose
    /// recorded series come no faster.
    static constexpr Duration kLookback = std::chrono::seconds{15};

    /// The engine sets the look-back of `options` itself.
    explicit Engine(const std::vector<RuleFile>& files, RuleOptions options = {});

    /// Takes back the alerts of the run before; call it before the first event. What no rule can have made is resolved
    /// at the first tick, what has no target any more when a look-back has passed. Two rules may have an alert of the
    /// same labels: it is one, as long as one of them has it.
    void restore(std::span<const Alert> alerts);

    /// All that follows from one event.
    [[nodiscard]] Effects handle(const Event& event);

    /// How often a Tick is needed so that every group meets its interval: their greatest common divisor, unless that is
    /// below 50 ms; then the shortest. With detectors at most kDefaultInterval.
    [[nodiscard]] Duration tick_interval() const noexcept;

    [[nodiscard]] const EngineCounters& counters() const noexcept { return counters_; }
    [[nodiscard]] std::size_t series_count() const noexcept { return store_->series_count(); }
    /// Of the series and their points.
    [[nodiscard]] std::size_t store_bytes() const noexcept { return store_->bytes(); }
    [[nodiscard]] const DetectorBank& detectors() const noexcept { return *detectors_; }
    /// Pending and firing alerts, in no particular order.
    [[nodiscard]] std::vector<Alert> active_alerts() const;
    [[nodiscard]] std::size_t alert_count(AlertState state) const;
    /// All groups and rules as they stand.
    [[nodiscard]] RulesView view() const { return view_of(groups_); }

private:
    Effects on_tick(Instant at);
    /// The groups whose time has come as of `at`, and the moment that each is to be evaluated for.
    [[nodiscard]] std::vector<std::pair<RuleGroupState*, Instant>> due_groups(Instant at);
    void evaluate(RuleGroupState& group, Instant at, Effects& effects);
    void apply(const AlertChanged& change, std::span<const TargetHealth> health, Instant at, Effects& effects);
    void resolve_unexplained(Instant at, Effects& effects);
    /// An active alert of those labels, the firing one if there is one; nullptr when there is none.
    [[nodiscard]] const Alert* holder(const Labels& labels) const;
    [[nodiscard]] bool has_target(const Labels& labels) const;
    /// `health` is that of all targets, in their order.
    [[nodiscard]] Finding investigate(const Alert& alert, std::span<const TargetHealth> health, Instant at) const;
    [[nodiscard]] std::vector<TargetHealth> health(Instant at) const;

    std::unique_ptr<SeriesStore> store_;  // has one address, whoever moves the engine
    SampleIntake intake_;
    Duration lookback_;
    std::vector<RuleGroupState> groups_;
    std::unique_ptr<DetectorBank> detectors_;
    std::vector<Instant> next_;  // by group: when it is to be evaluated next; zero before the first tick
    Duration longest_offset_{};  // query_offset of the groups
    IncidentDesk desk_;
    std::vector<Alert> orphans_;                // restored alerts that no rule can have made
    std::map<Labels, std::size_t> places_;      // of the targets, by their labels
    bool targets_changed_ = false;              // since the last tick
    std::optional<Instant> last_target_check_;  // when what was restored can be judged too
    EngineCounters counters_;
};

}  // namespace outrider::rules
