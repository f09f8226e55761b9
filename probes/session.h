// What a protocol adds: one session class and one line in probes.def. Internal to this module.
#pragma once

#include <asio/awaitable.hpp>
#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "outrider/sample.h"
#include "outrider/target.h"
#include "outrider/time.h"
#include "probes/backoff.h"
#include "probes/meters/stream_meter.h"
#include "probes/session_limits.h"
#include "probes/session_trace.h"
#include "probes/trace_board.h"

namespace outrider::probes {

class CurlMulti;
class PopDelayBoard;

/// What a shard lends to its sessions; outlives them.
struct ShardServices {
    asio::io_context& io;
    CurlMulti& curl;
    const Clock& clock;
    SampleSink& sink;
    PopDelayBoard& pop_delays;
    TraceBoard& traces;
    const SessionLimits& limits;
};

/// One viewer that never leaves: it connects, measures, reconnects with backoff, and makes a Sample every heartbeat
/// whatever state it is in. A protocol implements `play`. Lives on its shard's thread.
class Session {
public:
    Session(const ShardServices& services, Target target, std::uint64_t seed);
    virtual ~Session() = default;
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    /// Spawns the session's coroutines; it must stay alive until the io_context has run dry.
    void start();
    /// Ends the connection and both coroutines soon after.
    void stop();

protected:
    /// Plays one connection to its end, feeding `meter()`, and says why it ended. Returns at once after `interrupt`.
    virtual asio::awaitable<Outcome> play() = 0;
    /// Makes a running `play` return.
    virtual void interrupt() = 0;
    /// One heartbeat's sample. By default how the meter stands; a protocol that knows more appends its readings.
    [[nodiscard]] virtual Sample measure(Instant at);

    /// For a person who asks why; `text` without secrets.
    void trace(TraceKind kind, std::string text) { tracer_.note(kind, std::move(text)); }
    [[nodiscard]] Tracer tracer() const noexcept { return tracer_; }
    /// The library's or our own words about how this connection ends, without secrets. The last ones stand.
    void say(std::string words) { words_ = std::move(words); }

    [[nodiscard]] const Target& target() const noexcept { return target_; }
    [[nodiscard]] const ShardServices& services() const noexcept { return services_; }
    [[nodiscard]] StreamMeter& meter() noexcept { return meter_; }
    [[nodiscard]] bool stopping() const noexcept { return stopping_; }

private:
    asio::awaitable<void> keep_playing();
    asio::awaitable<void> beat();

    ShardServices services_;
    Target target_;
    Tracer tracer_;
    SessionTrace session_trace_;
    std::string words_;
    StreamMeter meter_;
    Backoff backoff_;
    Duration first_beat_;
    asio::steady_timer retry_;
    asio::steady_timer heartbeat_;
    bool stopping_ = false;
};

using SessionFactory = std::unique_ptr<Session> (*)(const ShardServices&, const Target&, std::uint64_t seed);

/// nullptr when probes.def has no such name.
[[nodiscard]] SessionFactory session_factory(std::string_view protocol) noexcept;

}  // namespace outrider::probes
