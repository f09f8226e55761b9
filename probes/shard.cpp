#include "probes/shard.h"

#include <asio/bind_executor.hpp>
#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <asio/steady_timer.hpp>
#include <atomic>
#include <stdexcept>
#include <vector>

#include "probes/net/curl_multi.h"
#include "probes/pop_delay.h"
#include "probes/session.h"
#include "probes/trace_board.h"

namespace outrider::probes {
namespace {

constexpr Duration kPulse = std::chrono::milliseconds{200};

}  // namespace

struct Shard::State {
    State(const Clock& c, SampleSink& s, std::uint64_t first_seed, PopDelayBoard* shared, TraceBoard* shared_traces,
          const SessionLimits& session_limits)
        : clock(c),
          limits(session_limits),
          curl(io),
          services{io,
                   curl,
                   c,
                   s,
                   shared != nullptr ? *shared : own_pop_delays,
                   shared_traces != nullptr ? *shared_traces : own_traces,
                   limits},
          pulse_timer(io),
          seed(first_seed) {}

    void pulse() {
        const auto due = clock.uptime() + kPulse;
        pulse_timer.expires_after(kPulse);
        pulse_timer.async_wait([this, due](const asio::error_code& error) {
            if (error || stopping) return;  // a timer that had expired when it was cancelled says no error
            loop_delay.store(std::max(Duration{0}, clock.uptime() - due).count(), std::memory_order_relaxed);
            turns.fetch_add(1, std::memory_order_relaxed);
            pulse();
        });
    }

    const Clock& clock;
    SessionLimits limits;
    asio::io_context io{1};
    CurlMulti curl;
    PopDelayBoard own_pop_delays;
    TraceBoard own_traces;
    ShardServices services;
    std::vector<std::unique_ptr<Session>> sessions;
    asio::steady_timer pulse_timer;
    bool stopping = false;
    std::uint64_t seed;
    std::atomic<std::uint64_t> turns{0};
    std::atomic<Duration::rep> loop_delay{0};
};

Shard::Shard(const Clock& clock, SampleSink& sink, std::uint64_t seed, PopDelayBoard* pop_delays, TraceBoard* traces,
             const SessionLimits& limits)
    : state_(std::make_unique<State>(clock, sink, seed, pop_delays, traces, limits)) {}

Shard::~Shard() = default;

void Shard::watch(const Target& target) {
    const auto make = session_factory(target.protocol);
    if (make == nullptr) throw std::invalid_argument("no such protocol: " + target.protocol);
    state_->sessions.push_back(make(state_->services, target, state_->seed++));
}

void Shard::run(std::stop_token stop) {
    auto& state = *state_;
    for (auto& session : state.sessions) session->start();
    state.pulse();
    const std::stop_callback on_stop{stop, [&state] {
                                         asio::post(state.io, [&state] {
                                             state.stopping = true;
                                             for (auto& session : state.sessions) session->stop();
                                             state.pulse_timer.cancel();
                                         });
                                     }};
    state.io.run();  // returns when the last coroutine has ended
}

std::uint64_t Shard::turns() const noexcept { return state_->turns.load(std::memory_order_relaxed); }

Duration Shard::loop_delay() const noexcept { return Duration{state_->loop_delay.load(std::memory_order_relaxed)}; }

}  // namespace outrider::probes
