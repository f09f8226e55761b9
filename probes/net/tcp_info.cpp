#include "probes/net/tcp_info.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <cstdio>

namespace outrider::probes {
namespace {

// A session has a handful of connections at a time; a forgotten one that is seen again is taken as it then stands.
constexpr std::size_t kRemembered = 16;

std::uint16_t local_port(int socket) {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    if (::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) != 0) return 0;
    if (address.ss_family == AF_INET) return ntohs(reinterpret_cast<const sockaddr_in&>(address).sin_port);
    if (address.ss_family == AF_INET6) return ntohs(reinterpret_cast<const sockaddr_in6&>(address).sin6_port);
    return 0;
}

double milliseconds(Duration d) { return seconds(d) * 1000; }

}  // namespace

std::optional<TcpInfo> read_tcp_info(int socket) {
    tcp_info raw{};
    socklen_t size = sizeof raw;
    if (::getsockopt(socket, IPPROTO_TCP, TCP_INFO, &raw, &size) != 0) return std::nullopt;
    // The kernel fills as much as it knows, and says how much that is: the struct grows at its end.
    const auto given = [size](std::size_t offset, std::size_t field) { return offset + field <= size; };
    TcpInfo info{.rtt = std::chrono::microseconds{raw.tcpi_rtt},
                 .rtt_variation = std::chrono::microseconds{raw.tcpi_rttvar},
                 .receive_rtt = std::chrono::microseconds{raw.tcpi_rcv_rtt},
                 .retransmits = raw.tcpi_total_retrans,
                 .bytes = std::nullopt,
                 .out_of_order = std::nullopt,
                 .local_port = local_port(socket)};
    if (given(offsetof(tcp_info, tcpi_bytes_received), sizeof raw.tcpi_bytes_received))
        info.bytes = raw.tcpi_bytes_received;
    if (given(offsetof(tcp_info, tcpi_rcv_ooopack), sizeof raw.tcpi_rcv_ooopack))
        info.out_of_order = raw.tcpi_rcv_ooopack;
    return info;
}

std::string to_string(const TcpInfo& info) {
    std::array<char, 256> text{};
    std::snprintf(text.data(), text.size(), "rtt %.2f ms, its variation %.2f ms", milliseconds(info.rtt),
                  milliseconds(info.rtt_variation));
    std::string out{text.data()};
    if (info.receive_rtt > Duration{0}) {
        std::snprintf(text.data(), text.size(), ", receiver's rtt %.2f ms", milliseconds(info.receive_rtt));
        out += text.data();
    }
    if (info.out_of_order) out += ", segments out of order " + std::to_string(*info.out_of_order);
    out += ", retransmits of ours " + std::to_string(info.retransmits);
    if (info.bytes) out += ", received " + std::to_string(*info.bytes) + " bytes";
    return out;
}

void TcpCounts::take(int socket, const TcpInfo& info, bool fresh) {
    if (info.rtt > Duration{0}) rtt_ = info.rtt;
    if (!info.out_of_order) return;
    const auto connection = static_cast<std::uint64_t>(static_cast<unsigned>(socket)) << 16U | info.local_port;
    auto known = told_.find(connection);
    if (known == told_.end() || fresh) {
        if (told_.size() >= kRemembered) told_.erase(told_.begin());
        known = told_.insert_or_assign(connection, fresh ? 0 : *info.out_of_order).first;
    }
    out_of_order_ = out_of_order_.value_or(0) + (*info.out_of_order - known->second);
    known->second = *info.out_of_order;
}

void TcpCounts::add_readings(std::vector<Reading>& readings) const {
    if (rtt_) readings.push_back({Metric::tcp_rtt_seconds, {}, seconds(*rtt_)});
    if (out_of_order_)
        readings.push_back({Metric::tcp_out_of_order_segments_total, {}, static_cast<double>(*out_of_order_)});
}

}  // namespace outrider::probes
