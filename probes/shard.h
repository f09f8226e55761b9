// A shard: one thread that plays its share of the targets. What the daemon sees of this module.
#pragma once

#include <cstdint>
#include <memory>
#include <stop_token>

#include "outrider/sample.h"
#include "outrider/target.h"
#include "outrider/time.h"
#include "probes/session_limits.h"

namespace outrider::probes {

class PopDelayBoard;
class TraceBoard;

class Shard {
public:
    /// `clock`, `sink`, `pop_delays` and `traces` must outlive the shard. `seed` makes phases and backoff reproducible.
    /// `pop_delays` is shared by the shards that play one stream's POPs, `traces` by all; nullptr: this shard has its
    /// own.
    Shard(const Clock& clock, SampleSink& sink, std::uint64_t seed, PopDelayBoard* pop_delays = nullptr,
          TraceBoard* traces = nullptr, const SessionLimits& limits = {});
    ~Shard();
    Shard(const Shard&) = delete;
    Shard& operator=(const Shard&) = delete;

    /// Adds a target before `run`. Its protocol must be one of protocol_names().
    void watch(const Target& target);

    /// The thread's body: plays until stop is requested, then ends every connection and returns.
    void run(std::stop_token stop);

    /// Turns of the event loop so far, at least five a second while the shard is alive: the watchdog's food. Any
    /// thread.
    [[nodiscard]] std::uint64_t turns() const noexcept;

    /// How late the loop's own timer last fired: near zero unless this host is starved of CPU. Any thread.
    [[nodiscard]] Duration loop_delay() const noexcept;

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace outrider::probes
