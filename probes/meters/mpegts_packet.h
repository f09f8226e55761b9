// One packet of an MPEG transport stream: its header and adaptation field. Source: ISO/IEC 13818-1 2.4.3.2 - 2.4.3.5.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace outrider::probes {

inline constexpr std::size_t kTsPacketSize = 188;
inline constexpr std::size_t kTsHeaderSize = 4;  // without the adaptation field
inline constexpr std::uint8_t kTsSyncByte = 0x47;
inline constexpr std::uint16_t kNullPid = 0x1FFF;

/// Whole packets with good sync bytes, one behind the other.
using TsPackets = std::span<const std::uint8_t>;

struct TsPacket {
    std::uint16_t pid = kNullPid;
    bool starts = false;           ///< payload_unit_start_indicator
    bool transport_error = false;  ///< some receiver before us could not mend it: nothing else here can be trusted
    bool scrambled = false;
    std::uint8_t continuity = 0;       ///< 4 bits
    bool has_payload = false;          ///< only then does the continuity counter advance
    bool discontinuity = false;        ///< the sender says that counter and PCR may jump here
    bool random_access = false;        ///< a decoder may begin here
    std::optional<std::uint64_t> pcr;  ///< ticks of 27 MHz, below 2^33 * 300
    std::span<const std::uint8_t> payload;
};

/// The packet in `bytes`, whose payload it points into. An adaptation field that overruns leaves no payload.
[[nodiscard]] constexpr TsPacket read_ts_packet(std::span<const std::uint8_t, kTsPacketSize> bytes) noexcept {
    TsPacket packet{
        .pid = static_cast<std::uint16_t>(((bytes[1] & 0x1F) << 8) | bytes[2]),
        .starts = (bytes[1] & 0x40) != 0,
        .transport_error = (bytes[1] & 0x80) != 0,
        .scrambled = (bytes[3] & 0xC0) != 0,
        .continuity = static_cast<std::uint8_t>(bytes[3] & 0x0F),
        .has_payload = (bytes[3] & 0x10) != 0,
        .discontinuity = false,
        .random_access = false,
        .pcr = std::nullopt,
        .payload = {},
    };
    std::size_t payload_at = kTsHeaderSize;
    if ((bytes[3] & 0x20) != 0) {
        const std::size_t length = bytes[4];
        payload_at = 5 + length;
        if (payload_at > kTsPacketSize) return packet;
        if (length > 0) {
            packet.discontinuity = (bytes[5] & 0x80) != 0;
            packet.random_access = (bytes[5] & 0x40) != 0;
        }
        if (length >= 7 && (bytes[5] & 0x10) != 0) {
            std::uint64_t base = 0;  // 33 bits, then 6 reserved, then 9 of extension
            for (std::size_t i = 6; i < 10; ++i) base = (base << 8) | bytes[i];
            base = (base << 1) | (bytes[10] >> 7);
            const auto extension = static_cast<std::uint64_t>(((bytes[10] & 1) << 8) | bytes[11]);
            packet.pcr = base * 300 + extension % 300;
        }
    }
    if (packet.has_payload) packet.payload = bytes.subspan(payload_at);
    return packet;
}

}  // namespace outrider::probes
