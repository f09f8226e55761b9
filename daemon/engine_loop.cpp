#include "daemon/engine_loop.h"

#include <algorithm>
#include <utility>

namespace outrider::app {
namespace {

// Samples are looked at together this often, and before each tick. 2026-11-25, 300 HLS streams with a heartbeat of
// 200 ms: woken by each sample, both threads spent a sixth of all time on switching to each other (perf record).
constexpr Duration kGather = std::chrono::milliseconds{20};

// Gathering what the API shows costs copies of every alert, and a person looks at most so often.
constexpr Duration kPublishRules = std::chrono::seconds{1};

/// The next multiple of `interval` after `now`.
Instant tick_after(Instant now, Duration interval) { return now - now.time_since_epoch() % interval + interval; }

}  // namespace

EngineLoop::EngineLoop(const Clock& clock, Mailbox& mailbox, rules::Engine engine,
                       std::shared_ptr<const TargetList> targets, OnSample on_sample, OnEffects on_effects)
    : clock_(clock),
      mailbox_(mailbox),
      engine_(std::move(engine)),
      targets_(std::move(targets)),
      on_sample_(std::move(on_sample)),
      on_effects_(std::move(on_effects)),
      rules_(std::make_shared<const RulesSnapshot>(RulesSnapshot{.groups = engine_.view(), .tick_duration = {}})) {}

void EngineLoop::run(std::stop_token stop) {
    (void)engine_.handle(TargetsChanged{targets_});
    // On multiples of the interval, as the groups are due: a tick shortly before one would find nothing to do, and the
    // next one two evaluations at once.
    auto next_tick = tick_after(clock_.now(), engine_.tick_interval());
    while (!stop.stop_requested()) {
        const auto patience = next_tick - clock_.now();
        if (patience > Duration{0}) consume(mailbox_.take(stop, std::min(patience, kGather)));
        if (clock_.now() < next_tick) continue;
        tick();
        // After a pause of the process the ticks that were missed are not made up for: their time is over.
        next_tick = tick_after(clock_.now(), engine_.tick_interval());
    }
    consume(mailbox_.take({}, Duration{0}));
    tick();
}

void EngineLoop::consume(std::vector<Sample>&& samples) {
    for (auto& sample : samples) {
        on_sample_(sample);
        if (auto effects = engine_.handle(std::move(sample)); !effects.empty()) on_effects_(std::move(effects));
    }
}

void EngineLoop::tick() {
    const auto began = clock_.uptime();
    // As of the multiple: rules measure their `for` from tick to tick, and a timer is always a little late.
    const auto now = clock_.now();
    if (auto effects = engine_.handle(Tick{now - now.time_since_epoch() % engine_.tick_interval()}); !effects.empty())
        on_effects_(std::move(effects));
    gauges_.tick_duration.store((clock_.uptime() - began).count(), std::memory_order_relaxed);
    gauges_.ticks.fetch_add(1, std::memory_order_relaxed);
    publish();
}

void EngineLoop::publish() {
    const auto& counters = engine_.counters();
    gauges_.samples.store(counters.samples, std::memory_order_relaxed);
    gauges_.refused_samples.store(counters.refused_samples, std::memory_order_relaxed);
    gauges_.evaluations.store(counters.evaluations, std::memory_order_relaxed);
    gauges_.missed.store(counters.missed, std::memory_order_relaxed);
    gauges_.rules.store(counters.rules, std::memory_order_relaxed);
    gauges_.rule_failures.store(counters.failures, std::memory_order_relaxed);
    gauges_.series.store(engine_.series_count(), std::memory_order_relaxed);
    gauges_.pending.store(engine_.alert_count(AlertState::pending), std::memory_order_relaxed);
    gauges_.firing.store(engine_.alert_count(AlertState::firing), std::memory_order_relaxed);
    if (clock_.uptime() - rules_published_ >= kPublishRules) publish_rules();
}

void EngineLoop::publish_rules() {
    rules_published_ = clock_.uptime();
    gauges_.store_bytes.store(engine_.store_bytes(), std::memory_order_relaxed);
    const auto& detectors = engine_.detectors();
    gauges_.detector_series.store(detectors.series_count(), std::memory_order_relaxed);
    gauges_.detector_bytes.store(detectors.bytes(), std::memory_order_relaxed);
    gauges_.detector_conflicts.store(detectors.conflicts(), std::memory_order_relaxed);
    auto snapshot = std::make_shared<const RulesSnapshot>(RulesSnapshot{
        .groups = engine_.view(), .tick_duration = Duration{gauges_.tick_duration.load(std::memory_order_relaxed)}});
    const std::scoped_lock lock{rules_mutex_};
    rules_.swap(snapshot);
}

std::shared_ptr<const RulesSnapshot> EngineLoop::rules() const {
    const std::scoped_lock lock{rules_mutex_};
    return rules_;
}

}  // namespace outrider::app
