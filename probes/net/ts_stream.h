// A transport stream over the connections of one session: the TS meter, kept, and what it adds to a sample.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "outrider/sample.h"
#include "probes/meters/mpegts.h"
#include "probes/meters/stream_meter.h"

namespace outrider::probes {

class TsStream {
public:
    /// What follows need not go on from what came before; counts do.
    void begin_connection(StreamMeter& meter);

    /// The payload of one packet or datagram. False: no transport stream.
    [[nodiscard]] bool feed(std::span<const std::byte> bytes, Instant arrival, StreamMeter& meter);

    /// Errors by kind, jitter of the clock references, and loss by continuity counter, once there is a stream.
    /// `local_drops`: feeds that this host dropped, which is no loss of the network's; each is taken for as many
    /// packets as a feed has on average.
    void add_readings(Instant at, std::uint64_t local_drops, std::vector<Reading>& readings);

private:
    void pass_on(StreamMeter& meter);

    TsMeter ts_;
    MediaUnits units_;
    std::uint64_t feeds_ = 0;
    std::uint64_t lost_ = 0;  // as last told: it never falls
};

}  // namespace outrider::probes
