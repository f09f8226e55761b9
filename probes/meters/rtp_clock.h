// Latency by RTCP sender reports, which tie the sender's wall clock to its RTP timestamps. Source: RFC 3550 6.4.1.
#pragma once

#include <cstdint>
#include <optional>

#include "outrider/time.h"
#include "probes/meters/rtp_packet.h"

namespace outrider::probes {

/// Of one source: packets or reports of another take over and begin anew.
class RtpClock {
public:
    /// `clock_rate`: ticks per second of the timestamps, > 0.
    explicit RtpClock(std::uint32_t clock_rate = 90'000) : clock_rate_(clock_rate) {}

    /// A packet that was taken for media.
    void on_packet(const RtpPacket& packet);
    /// In any order with packets; one of another source than theirs is no clock of theirs. Times before 2000, or more
    /// than a day from `arrival`, are none.
    void on_report(const SenderReport& report, Instant arrival);

    /// at - when the sender sampled the newest media; negative where its clock is ahead of ours. nullopt until a packet
    /// and a report of one source came, and once the last report is an hour old.
    [[nodiscard]] std::optional<Duration> latency(Instant at) const;

private:
    struct Report {
        SenderReport said;
        Instant arrival{};
    };
    std::uint32_t clock_rate_;
    std::optional<std::uint32_t> ssrc_;
    std::uint32_t newest_ = 0;  // timestamp
    std::optional<Report> report_;
};

}  // namespace outrider::probes
