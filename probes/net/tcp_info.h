// What the kernel knows of a TCP connection (TCP_INFO). Nothing in it is packet loss: a receiver cannot see that.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "outrider/sample.h"
#include "outrider/time.h"

namespace outrider::probes {

struct TcpInfo {
    Duration rtt{};                             ///< smoothed, of what we sent: the handshake and the request
    Duration rtt_variation{};                   ///< of the same
    Duration receive_rtt{};                     ///< estimated from what came; 0: not yet
    std::uint32_t retransmits = 0;              ///< segments that we sent again
    std::optional<std::uint64_t> bytes;         ///< received, acknowledged or not
    std::optional<std::uint32_t> out_of_order;  ///< segments that came after a later one; Linux 5.4
    std::uint16_t local_port = 0;
};

/// nullopt for what is no TCP connection. Fields that an older kernel does not give are absent.
[[nodiscard]] std::optional<TcpInfo> read_tcp_info(int socket);

/// One line for a person.
[[nodiscard]] std::string to_string(const TcpInfo& info);

/// What the TCP connections of one session told, added up. The same connection may serve several sessions in turn.
class TcpCounts {
public:
    /// `fresh`: the connection was made for us; else what it counted before we first saw it is not ours.
    void take(int socket, const TcpInfo& info, bool fresh);
    /// tcp_rtt_seconds and tcp_out_of_order_segments_total, where known.
    void add_readings(std::vector<Reading>& readings) const;

private:
    std::optional<Duration> rtt_;
    std::optional<std::uint64_t> out_of_order_;
    std::map<std::uint64_t, std::uint32_t> told_;  // by connection, at most kRemembered
};

}  // namespace outrider::probes
