// The engine's thread: samples from the mailbox, ticks from the clock, effects to the book writer.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>

#include "daemon/mailbox.h"
#include "daemon/web/rules_json.h"
#include "outrider/effect.h"
#include "outrider/target.h"
#include "outrider/time.h"
#include "rules/engine.h"

namespace outrider::app {

/// Snapshot of the engine for /metrics; each is read alone. Any thread.
struct EngineGauges {
    std::atomic<std::uint64_t> ticks{0};
    std::atomic<std::uint64_t> samples{0};
    std::atomic<std::uint64_t> refused_samples{0};
    std::atomic<std::uint64_t> evaluations{0};
    std::atomic<std::uint64_t> missed{0};
    std::atomic<std::uint64_t> rules{0};
    std::atomic<std::uint64_t> rule_failures{0};
    std::atomic<std::uint64_t> series{0};
    std::atomic<std::uint64_t> store_bytes{0};
    std::atomic<std::uint64_t> detector_series{0};
    std::atomic<std::uint64_t> detector_bytes{0};
    std::atomic<std::uint64_t> detector_conflicts{0};
    std::atomic<std::uint64_t> pending{0};
    std::atomic<std::uint64_t> firing{0};
    std::atomic<Duration::rep> tick_duration{0};
};

class EngineLoop {
public:
    using OnSample = std::function<void(const Sample&)>;
    using OnEffects = std::function<void(Effects&&)>;

    /// `on_sample` sees every sample before the engine, `on_effects` every non-empty result; both on this thread.
    EngineLoop(const Clock& clock, Mailbox& mailbox, rules::Engine engine, std::shared_ptr<const TargetList> targets,
               OnSample on_sample, OnEffects on_effects);

    /// The thread's body. After stop is requested it takes what is left in the mailbox, ticks once more, and returns.
    void run(std::stop_token stop);

    [[nodiscard]] const EngineGauges& gauges() const noexcept { return gauges_; }

    /// The rules as they were at most a second ago. Any thread.
    [[nodiscard]] std::shared_ptr<const RulesSnapshot> rules() const;

private:
    void consume(std::vector<Sample>&& samples);
    void tick();
    void publish();
    void publish_rules();

    const Clock& clock_;
    Mailbox& mailbox_;
    rules::Engine engine_;
    std::shared_ptr<const TargetList> targets_;
    OnSample on_sample_;
    OnEffects on_effects_;
    EngineGauges gauges_;
    Duration rules_published_{};      // uptime
    mutable std::mutex rules_mutex_;  // guards rules_
    std::shared_ptr<const RulesSnapshot> rules_;
};

}  // namespace outrider::app
