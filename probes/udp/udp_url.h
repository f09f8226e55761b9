// Where datagrams are to be received: a udp or rtp URL. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace outrider::probes {

/// `udp://[SOURCE@]HOST:PORT[?localaddr=ADDRESS][&buffer_size=BYTES]`, the same with rtp, as ffmpeg and VLC write it;
/// `sources=SOURCE` says the same as `SOURCE@`. HOST is a multicast group to join, or the address of this host to
/// listen at (0.0.0.0 or [::]: all). Addresses are numeric, but for HOST.
struct UdpUrl {
    bool rtp = false;
    std::string host;
    std::uint16_t port = 0;
    std::string source;                    ///< take datagrams of this sender only; empty: of any
    std::string local_address;             ///< of the interface to join on; empty: the system's choice
    int receive_buffer = 4 * 1024 * 1024;  ///< bytes asked of the kernel: a second of 30 Mbit/s
    friend bool operator==(const UdpUrl&, const UdpUrl&) = default;
};

/// nullopt for no udp or rtp URL, or one without a port.
[[nodiscard]] std::optional<UdpUrl> parse_udp_url(std::string_view url);

}  // namespace outrider::probes
