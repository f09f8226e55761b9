// Reception of one RTP stream: what was lost, reordered and repeated, and the jitter of its arrival.
// Source: RFC 3550 6.4.1, A.1, A.3, A.8.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "outrider/time.h"
#include "probes/meters/rtp_packet.h"

namespace outrider::probes {

struct RtpOptions {
    /// What is media; other types on the port (SMPTE 2022-1 FEC often is 96) are counted and left alone. nullopt: the
    /// type of the first packet.
    std::optional<std::uint8_t> payload_type = kRtpMp2t;
    std::uint32_t clock_rate = 90'000;  ///< ticks per second of the timestamps, > 0
};

/// Counters over all sources. `lost` and `received` follow A.3, but that repetitions are no receptions.
struct RtpCounts {
    std::uint64_t received = 0;    ///< different packets, late ones included
    std::uint64_t expected = 0;    ///< extended highest sequence - base + 1
    std::uint64_t reordered = 0;   ///< of the received, those that came behind a successor
    std::uint64_t duplicates = 0;  ///< repetitions
    std::uint64_t late = 0;        ///< of the reordered, those already told in `lost_for_good`
    /// Missing, and their successors came a second or 128 numbers ago. Never falls: this is the counter to export.
    std::uint64_t lost_for_good = 0;
    std::uint64_t restarts = 0;     ///< the numbers jumped by 3,000 or more, forward or back, and went on from there
    std::uint64_t stray = 0;        ///< packets of a jump or a source that did not go on
    std::uint64_t new_sources = 0;  ///< times another SSRC took over
    std::uint64_t other_types = 0;  ///< packets of other payload types

    /// Cumulative number of packets lost as of now (A.3). Falls when a late packet comes.
    [[nodiscard]] std::uint64_t lost() const noexcept { return expected - received; }
    friend bool operator==(const RtpCounts&, const RtpCounts&) = default;
};

enum class RtpVerdict : std::uint8_t {
    in_order,    ///< new, and the highest so far (packets before it may be missing)
    reordered,   ///< new, behind a successor
    duplicate,   ///< seen before
    started,     ///< in order, the first of a source or of a sequence that began anew
    waiting,     ///< may begin a source or a new sequence: the next packet decides. RFC 3550 calls it probation
    other_type,  ///< not media
};

struct RtpReception {
    RtpVerdict verdict = RtpVerdict::waiting;
    /// Place of the packet in all sources and sequences of this stream, which only goes up from one `started` to the
    /// next; with in_order, reordered and started.
    std::uint64_t index = 0;
};

/// Takes the packets of one session in order of arrival. A source is valid from its second packet in sequence on (A.1);
/// `base` is that packet.
///
///   came  7 8 10 9 9 12 (then nothing for a second)
///   8: started, expected 1    10: expected 3, lost 1    9: reordered, lost 0    9: duplicate
///   12: expected 5, lost 1, and after a second lost_for_good 1
class RtpMeter {
public:
    explicit RtpMeter(RtpOptions options = {}) : options_(options) {}

    RtpReception on_packet(const RtpPacket& packet, Instant arrival);
    /// Lets time pass to `at`: what is missing for a second is lost for good.
    void advance(Instant at);

    [[nodiscard]] const RtpCounts& counts() const noexcept { return counts_; }
    /// J += (|D| - J) / 16; nullopt until two packets came.
    [[nodiscard]] std::optional<Duration> jitter() const noexcept { return jitter_; }
    /// Of the source that is listened to; nullopt before one is valid.
    [[nodiscard]] std::optional<std::uint32_t> ssrc() const noexcept { return ssrc_; }

private:
    enum class Slot : std::uint8_t { outside, received, missing, given_up };
    struct Place {
        Slot slot = Slot::outside;
        Instant passed{};  // when a successor first came
    };
    static constexpr std::size_t kWindow = 128;  // A.1: MAX_MISORDER is 100

    RtpReception on_candidate(const RtpPacket& packet, Instant arrival);
    RtpReception start(const RtpPacket& packet, Instant arrival);
    RtpReception go_on(std::uint64_t index, Instant arrival);
    RtpReception go_back(std::uint64_t index);
    void measure_jitter(const RtpPacket& packet, Instant arrival);
    void settle(Instant at);
    void give_up(Place& place);

    RtpOptions options_;
    RtpCounts counts_;
    std::optional<std::uint32_t> ssrc_;
    std::uint64_t highest_ = 0;  // index of the highest packet
    std::uint16_t highest_sequence_ = 0;
    std::array<Place, kWindow> window_{};  // by index
    std::size_t missing_ = 0;              // in the window
    std::optional<RtpPacket> candidate_;   // its payload is not kept
    std::optional<Duration> jitter_;
    std::optional<std::uint32_t> last_timestamp_;
    Instant last_arrival_{};
};

}  // namespace outrider::probes
