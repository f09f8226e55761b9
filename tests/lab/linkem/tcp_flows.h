// Remembers the TCP connections that cross a link, so that the link can end them as a middlebox does:
// with an RST to both ends that they accept (its sequence number is exactly what the end waits for).
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <vector>

namespace outrider::lab {

struct Endpoint {
    std::uint32_t address = 0;  ///< IPv4, host byte order
    std::uint16_t port = 0;
    auto operator<=>(const Endpoint&) const = default;
};

/// The fields of an IPv4/TCP packet that matter here.
struct TcpView {
    Endpoint from, to;
    std::uint32_t ack = 0;
    bool syn = false, rst = false, has_ack = false;
};

/// nullopt if the bytes are not an unfragmented IPv4/TCP packet.
[[nodiscard]] std::optional<TcpView> view_tcp(std::span<const std::uint8_t> packet);

/// An RST segment as an IPv4 packet, with both checksums.
[[nodiscard]] std::vector<std::uint8_t> make_rst(Endpoint from, Endpoint to, std::uint32_t sequence);

class TcpFlows {
public:
    /// An RST that must go back to where a packet came from, at once.
    struct Answer {
        std::vector<std::uint8_t> rst;
    };

    /// Looks at a packet that enters the link. An answer means: the packet belongs to a connection that was
    /// reset; drop it and send the answer to its sender.
    std::optional<Answer> observe(std::span<const std::uint8_t> packet);

    /// True if the packet belongs to a connection that was reset.
    [[nodiscard]] bool is_doomed(std::span<const std::uint8_t> packet) const;

    /// Dooms every known connection; returns RSTs, each addressed to the end that must get it.
    std::vector<std::vector<std::uint8_t>> reset_all();

private:
    struct Flow {
        std::array<std::optional<std::uint32_t>, 2> expects;  // per end (low, high): its latest ACK
        bool doomed = false;
    };
    using Key = std::array<Endpoint, 2>;  // low end first: both directions meet in one entry

    std::map<Key, Flow> flows_;
};

}  // namespace outrider::lab
