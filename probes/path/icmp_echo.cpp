#include "probes/path/icmp_echo.h"

namespace outrider::probes {
namespace {

constexpr std::byte kEchoRequest{8};
constexpr std::byte kEchoReply{0};
constexpr std::byte kEchoRequest6{128};
constexpr std::byte kEchoReply6{129};
constexpr std::size_t kHeader = 8;

void put16(std::span<std::byte> at, std::uint16_t value) {
    at[0] = static_cast<std::byte>(value >> 8U);
    at[1] = static_cast<std::byte>(value & 0xFFU);
}

std::uint16_t get16(std::span<const std::byte> at) {
    return static_cast<std::uint16_t>(std::to_integer<unsigned>(at[0]) << 8U | std::to_integer<unsigned>(at[1]));
}

/// RFC 1071, of an even number of bytes.
std::uint16_t checksum(std::span<const std::byte> bytes) {
    std::uint32_t sum = 0;
    for (std::size_t i = 0; i + 1 < bytes.size(); i += 2) sum += get16(bytes.subspan(i));
    while (sum > 0xFFFFU) sum = (sum & 0xFFFFU) + (sum >> 16U);
    return static_cast<std::uint16_t>(~sum);
}

}  // namespace

std::array<std::byte, kEchoBytes> echo_request(bool ipv6, std::uint16_t identifier, std::uint16_t number) {
    std::array<std::byte, kEchoBytes> out{};
    const std::span<std::byte> bytes{out};
    out[0] = ipv6 ? kEchoRequest6 : kEchoRequest;
    put16(bytes.subspan(4), identifier);
    put16(bytes.subspan(6), number);
    for (std::size_t i = kHeader; i < kEchoBytes; ++i) out[i] = static_cast<std::byte>(i);
    if (!ipv6) put16(bytes.subspan(2), checksum(bytes));
    return out;
}

std::optional<EchoReply> read_echo_reply(bool ipv6, bool ip_header, std::span<const std::byte> bytes) noexcept {
    if (ip_header) {
        if (bytes.empty()) return std::nullopt;
        const auto size = std::to_integer<std::size_t>(bytes[0] & std::byte{0x0F}) * 4;
        if (bytes.size() < size) return std::nullopt;
        bytes = bytes.subspan(size);
    }
    if (bytes.size() < kHeader || bytes[0] != (ipv6 ? kEchoReply6 : kEchoReply)) return std::nullopt;
    return EchoReply{.identifier = get16(bytes.subspan(4)), .number = get16(bytes.subspan(6))};
}

}  // namespace outrider::probes
