// One opened input as a blocking loop: the body of a session's worker thread.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "outrider/outcome.h"
#include "outrider/time.h"
#include "probes/meters/media_unit.h"
#include "probes/meters/stream_meter.h"
#include "probes/net/blocking_reader.h"
#include "probes/trace_board.h"

namespace outrider::probes {

struct UnitBatch {
    [[nodiscard]] bool pressing() const { return units.size() >= 64 || !phases.empty(); }
    /// Some seconds of a usual stream; the worker then waits.
    [[nodiscard]] bool full() const { return units.size() >= 1'024; }
    void clear() {
        units.clear();
        phases.clear();
        bytes = 0;
    }

    MediaUnits units;
    std::uint64_t bytes = 0;  ///< of all packets, also of those that are no unit
    std::vector<std::pair<Phase, Duration>> phases;
};

struct AvConnection {
    std::string url;      ///< to open; credentials in it stay with its host
    std::string headers;  ///< of HTTP, each line with CR LF, for the first request only; empty: none
    std::string user_agent;
    std::string referer;    ///< empty: none
    std::string tls_host;   ///< whom a certificate must name
    bool insecure = false;  ///< any certificate will do
    Duration patience{};    ///< to the first packet, and from one to the next
    Duration began{};       ///< Clock::uptime when the connection began
};

/// Plays the first video and audio that FFmpeg would choose, until the server, the network or the feed ends it.
/// `words`: why, fit to be shown.
[[nodiscard]] Outcome play_av(const AvConnection& connection, const Tracer& tracer,
                              BlockingReader<UnitBatch>::Feed& feed, std::string& words);

}  // namespace outrider::probes
