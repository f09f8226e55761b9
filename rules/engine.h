// The engine: an ordered list of events in, effects out. No I/O, no clock, no thread: the same events give the same
// effects, live, in a test and in replay.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "outrider/alert.h"
#include "outrider/effect.h"
#include "outrider/event.h"
#include "outrider/time.h"
#include "rules/alert_rule.h"
#include "rules/incident_desk.h"
#include "rules/latest_store.h"
#include "rules/localise.h"
#include "rules/rule_file.h"

namespace outrider::rules {

/// Counted since construction.
struct EngineCounters {
    std::uint64_t samples = 0;
    std::uint64_t refused_samples = 0;  ///< of an unknown target, or out of order
    std::uint64_t evaluations = 0;      ///< rule groups evaluated
    std::uint64_t missed = 0;           ///< group evaluations left out because a tick came late
};

class Engine {
public:
    explicit Engine(std::vector<RuleFile> files);

    /// Takes back the alerts of the run before; call it before the first event. What no rule or target explains any
    /// more is resolved at the first tick.
    void restore(std::span<const Alert> alerts);

    /// All that follows from one event.
    [[nodiscard]] Effects handle(const Event& event);

    /// How often a Tick is needed: the shortest group interval.
    [[nodiscard]] Duration tick_interval() const noexcept;

    [[nodiscard]] const EngineCounters& counters() const noexcept { return counters_; }
    [[nodiscard]] std::size_t series_count() const noexcept { return store_.series_count(); }
    /// Pending and firing alerts, in no particular order.
    [[nodiscard]] std::vector<Alert> active_alerts() const;

private:
    struct Group {
        std::string name;
        Duration interval{};
        std::vector<AlertRuleState> rules;
        Instant next{};  // first tick at or after this evaluates it
    };

    Effects on_tick(Instant at);
    void apply(const AlertChanged& change, Instant at, Effects& effects);
    void resolve_orphans(Instant at, Effects& effects);
    [[nodiscard]] bool has_target(const Labels& labels) const;
    [[nodiscard]] Finding investigate(const Alert& alert, Instant at) const;
    [[nodiscard]] std::vector<TargetHealth> health(Instant at) const;

    std::vector<Group> groups_;
    LatestStore store_;
    IncidentDesk desk_;
    std::vector<Alert> orphans_;  // restored alerts whose rule is gone
    EngineCounters counters_;
};

}  // namespace outrider::rules
