#include "probes/session.h"

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/redirect_error.hpp>
#include <asio/use_awaitable.hpp>
#include <random>
#include <string>
#include <utility>

#include "outrider/url_text.h"
#include "probes/pop_delay.h"

namespace outrider::probes {
namespace {

// A connection that lived this long was a good one: the next loss is new, not the old one going on.
constexpr Duration kProven = std::chrono::seconds{10};

// Heartbeats meet on this grid of the uptime, at which the engine takes samples too: one wake-up of the shard serves
// several sessions, 30 of 300. They are a fraction of a millisecond's work together.
constexpr Duration kBeatGrid = std::chrono::milliseconds{20};

asio::awaitable<void> wait(asio::steady_timer& timer) {
    asio::error_code cancelled;  // a cancelled wait is a wait that is over
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
}

Duration random_phase(Duration period, std::uint64_t seed) {
    std::mt19937_64 random{seed};
    return Duration{std::uniform_int_distribution<Duration::rep>{0, period.count()}(random)};
}

}  // namespace

Session::Session(const ShardServices& services, Target target, std::uint64_t seed)
    : services_(services),
      target_(std::move(target)),
      tracer_(services.traces, services.clock, target_.id),
      session_trace_(tracer_),
      meter_(target_.viewers, services.clock.now()),
      backoff_(seed),
      // Heartbeats of many sessions are spread over the period, so that they do not come in bursts.
      first_beat_(random_phase(target_.heartbeat, seed)),
      retry_(services.io),
      heartbeat_(services.io) {}

void Session::start() {
    asio::co_spawn(services_.io, keep_playing(), asio::detached);
    asio::co_spawn(services_.io, beat(), asio::detached);
}

void Session::stop() {
    stopping_ = true;
    retry_.cancel();
    heartbeat_.cancel();
    interrupt();
}

Sample Session::measure(Instant at) {
    auto readings = meter_.readings(at);
    for (const auto& sighting : meter_.take_sightings()) services_.pop_delays.saw(target_, sighting);
    if (const auto delay = services_.pop_delays.delay(target_.id, at))
        readings.push_back({Metric::pop_delay_seconds, "earliest", seconds(*delay)});
    return {.target = target_.id, .at = at, .outcome = meter_.outcome(), .readings = std::move(readings)};
}

asio::awaitable<void> Session::keep_playing() {
    while (!stopping_) {
        const auto began = services_.clock.now();
        meter_.connection_begins(began);
        trace(TraceKind::connect, target_.protocol + " " + redacted_url(target_.url) +
                                      (target_.connect_to.empty() ? "" : " at " + target_.connect_to));
        session_trace_.connection_begins();
        words_.clear();
        const auto end = co_await play();
        meter_.connection_ends(end);
        session_trace_.look_at_phases(meter_.phases());  // what came since the last heartbeat
        trace(TraceKind::end, std::string{to_string(end)} + (words_.empty() ? "" : ": " + words_));
        if (stopping_) co_return;
        if (services_.clock.now() - began >= kProven) backoff_.reset();
        retry_.expires_after(backoff_.next());
        co_await wait(retry_);
    }
}

asio::awaitable<void> Session::beat() {
    const auto began = services_.clock.uptime();
    auto planned = began + first_beat_;
    planned -= planned % kBeatGrid;
    heartbeat_.expires_after(planned - began);
    while (!stopping_) {
        co_await wait(heartbeat_);
        if (stopping_) co_return;
        auto sample = measure(services_.clock.now());
        session_trace_.look_at_phases(meter_.phases());
        session_trace_.look_at_counters(sample);
        services_.sink.offer(std::move(sample));
        // From the planned time, not from now, so that the rate holds; but after a pause of the process no backlog.
        planned += target_.heartbeat;
        const auto uptime = services_.clock.uptime();
        if (planned < uptime) planned = uptime + target_.heartbeat;
        heartbeat_.expires_after(planned - uptime);
    }
}

}  // namespace outrider::probes
