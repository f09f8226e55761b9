// ICMP echo requests as bytes, RFC 792 and RFC 4443 4. Pure.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace outrider::probes {

inline constexpr std::size_t kEchoBytes = 64;  ///< header and payload, what ping sends

/// `identifier` is replaced by the kernel on a ping socket, and the checksum too, on IPv6 everywhere.
[[nodiscard]] std::array<std::byte, kEchoBytes> echo_request(bool ipv6, std::uint16_t identifier, std::uint16_t number);

struct EchoReply {
    std::uint16_t identifier = 0;
    std::uint16_t number = 0;
    friend bool operator==(const EchoReply&, const EchoReply&) = default;
};

/// The reply in what a socket received; `ip_header`: an IPv4 header stands before it, as on raw sockets. nullopt for
/// any other message.
[[nodiscard]] std::optional<EchoReply> read_echo_reply(bool ipv6, bool ip_header,
                                                       std::span<const std::byte> bytes) noexcept;

}  // namespace outrider::probes
