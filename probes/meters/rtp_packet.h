// RTP packets and RTCP sender reports, as bytes. Source: RFC 3550 5.1, 5.3.1, 6.4.1; told apart by RFC 5761 4.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <variant>

#include "outrider/time.h"

namespace outrider::probes {

inline constexpr std::uint8_t kRtpMp2t = 33;  ///< payload type of MPEG transport streams, RFC 3551 table 5

struct RtpPacket {
    bool marker = false;
    std::uint8_t payload_type = 0;
    std::uint16_t sequence = 0;
    std::uint32_t timestamp = 0;
    std::uint32_t ssrc = 0;
    std::span<const std::byte> payload;  ///< without padding; may be empty
};

enum class RtpReject : std::uint8_t {
    too_short,  ///< fewer than the 12 bytes of the fixed header
    version,    ///< not 2
    rtcp,       ///< a control packet on the same port
    csrc,       ///< the list of contributing sources overruns
    extension,  ///< the header extension overruns
    padding,    ///< the padding is longer than the payload, or 0
};
[[nodiscard]] std::string_view to_string(RtpReject reason) noexcept;

/// The packet in a datagram, whose payload it points into; or why there is none.
[[nodiscard]] std::variant<RtpPacket, RtpReject> read_rtp(std::span<const std::byte> datagram) noexcept;

/// Ties the sender's wall clock to its RTP timestamps.
struct SenderReport {
    std::uint32_t ssrc = 0;
    std::optional<Instant> ntp;  ///< nullopt: the sender has no wall clock and says 0
    std::uint32_t rtp_timestamp = 0;
    std::uint32_t packets = 0;
    std::uint32_t octets = 0;
    friend bool operator==(const SenderReport&, const SenderReport&) = default;

    /// When, by the sender's clock, the media with this timestamp was sampled; nullopt without `ntp`. Right within
    /// 2^31 ticks of the report. `clock_rate`: ticks per second, > 0; 90,000 for payload type 33.
    [[nodiscard]] std::optional<Instant> wall_time(std::uint32_t timestamp, std::uint32_t clock_rate) const;
};

/// The sender report in a compound RTCP packet; nullopt when there is none, or the packet is malformed before it.
[[nodiscard]] std::optional<SenderReport> read_sender_report(std::span<const std::byte> datagram) noexcept;

}  // namespace outrider::probes
