#include "probes/meters/rtp_packet.h"

namespace outrider::probes {
namespace {

using Bytes = std::span<const std::byte>;

constexpr std::size_t kFixedHeader = 12;

constexpr std::uint8_t u8(Bytes bytes, std::size_t at) { return std::to_integer<std::uint8_t>(bytes[at]); }
constexpr std::uint16_t u16(Bytes bytes, std::size_t at) {
    return static_cast<std::uint16_t>((u8(bytes, at) << 8) | u8(bytes, at + 1));
}
constexpr std::uint32_t u32(Bytes bytes, std::size_t at) {
    return (std::uint32_t{u16(bytes, at)} << 16) | u16(bytes, at + 2);
}

/// NTP's 32.32 seconds since 1900, whose first era ends in 2036: values below 2^31 belong to the second (RFC 4330 3).
std::optional<Instant> from_ntp(std::uint32_t high, std::uint32_t low) {
    if (high == 0 && low == 0) return std::nullopt;
    constexpr std::int64_t kTo1970 = 2'208'988'800;
    const auto era = high < 0x80000000U ? std::int64_t{1} << 32 : 0;
    const auto nanoseconds = static_cast<std::int64_t>((std::uint64_t{low} * 1'000'000'000U) >> 32);
    return Instant{std::chrono::seconds{high + era - kTo1970} + Duration{nanoseconds}};
}

}  // namespace

std::string_view to_string(RtpReject reason) noexcept {
    switch (reason) {
        case RtpReject::too_short: return "too_short";
        case RtpReject::version: return "version";
        case RtpReject::rtcp: return "rtcp";
        case RtpReject::csrc: return "csrc";
        case RtpReject::extension: return "extension";
        case RtpReject::padding: return "padding";
    }
    return "";
}

//  0                   1                   2                   3
//  V 2 P 1 X 1 CC 4   M 1 PT 7            sequence 16
//  timestamp 32 | SSRC 32 | CSRC 32 * CC | [profile 16, length 16, length * 32] | payload | [padding, its length 8]
std::variant<RtpPacket, RtpReject> read_rtp(Bytes datagram) noexcept {
    if (datagram.size() < kFixedHeader) return RtpReject::too_short;
    const auto first = u8(datagram, 0);
    const auto second = u8(datagram, 1);
    if (first >> 6 != 2) return RtpReject::version;
    if (second >= 192 && second <= 223) return RtpReject::rtcp;  // RFC 5761 4: no RTP profile uses 64 to 95
    auto rest = datagram.subspan(kFixedHeader);
    const auto sources = static_cast<std::size_t>(first & 0x0F) * 4;
    if (sources > rest.size()) return RtpReject::csrc;
    rest = rest.subspan(sources);
    if ((first & 0x10) != 0) {
        if (rest.size() < 4) return RtpReject::extension;
        const auto length = 4 + std::size_t{u16(rest, 2)} * 4;
        if (length > rest.size()) return RtpReject::extension;
        rest = rest.subspan(length);
    }
    if ((first & 0x20) != 0) {
        const std::size_t padding = rest.empty() ? 0 : u8(rest, rest.size() - 1);
        if (padding == 0 || padding > rest.size()) return RtpReject::padding;
        rest = rest.first(rest.size() - padding);
    }
    return RtpPacket{.marker = (second & 0x80) != 0,
                     .payload_type = static_cast<std::uint8_t>(second & 0x7F),
                     .sequence = u16(datagram, 2),
                     .timestamp = u32(datagram, 4),
                     .ssrc = u32(datagram, 8),
                     .payload = rest};
}

std::optional<Instant> SenderReport::wall_time(std::uint32_t timestamp, std::uint32_t clock_rate) const {
    if (!ntp) return std::nullopt;
    const auto ticks = std::int64_t{static_cast<std::int32_t>(timestamp - rtp_timestamp)};
    return *ntp + Duration{ticks * 1'000'000'000 / clock_rate};
}

std::optional<SenderReport> read_sender_report(Bytes datagram) noexcept {
    constexpr std::uint8_t kSenderReport = 200;
    constexpr std::size_t kHeader = 4;
    constexpr std::size_t kReport = 28;
    while (datagram.size() >= kHeader && u8(datagram, 0) >> 6 == 2) {
        const auto length = kHeader + std::size_t{u16(datagram, 2)} * 4;
        if (length > datagram.size()) return std::nullopt;
        if (u8(datagram, 1) == kSenderReport && length >= kReport)
            return SenderReport{.ssrc = u32(datagram, 4),
                                .ntp = from_ntp(u32(datagram, 8), u32(datagram, 12)),
                                .rtp_timestamp = u32(datagram, 16),
                                .packets = u32(datagram, 20),
                                .octets = u32(datagram, 24)};
        datagram = datagram.subspan(length);
    }
    return std::nullopt;
}

}  // namespace outrider::probes
