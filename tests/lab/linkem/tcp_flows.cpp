#include "tcp_flows.h"

#include <algorithm>

namespace outrider::lab {
namespace {

constexpr std::size_t kMaxFlows = 65536;  // bounds memory: beyond it some flow is forgotten and will survive a reset
constexpr std::uint8_t kProtocolTcp = 6;
constexpr std::uint8_t kSyn = 0x02, kRst = 0x04, kAck = 0x10;

std::uint16_t get16(std::span<const std::uint8_t> b, std::size_t i) {
    return static_cast<std::uint16_t>(b[i] << 8 | b[i + 1]);
}
std::uint32_t get32(std::span<const std::uint8_t> b, std::size_t i) {
    return static_cast<std::uint32_t>(get16(b, i)) << 16 | get16(b, i + 2);
}
void put16(std::vector<std::uint8_t>& b, std::size_t i, std::uint32_t v) {
    b[i] = static_cast<std::uint8_t>(v >> 8);
    b[i + 1] = static_cast<std::uint8_t>(v);
}
void put32(std::vector<std::uint8_t>& b, std::size_t i, std::uint32_t v) {
    put16(b, i, v >> 16);
    put16(b, i + 2, v & 0xffff);
}

/// Internet checksum (RFC 1071) of an even number of bytes, starting from `sum`.
std::uint16_t checksum(std::span<const std::uint8_t> bytes, std::uint32_t sum = 0) {
    for (std::size_t i = 0; i + 1 < bytes.size(); i += 2) sum += get16(bytes, i);
    while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
    return static_cast<std::uint16_t>(~sum);
}

}  // namespace

std::optional<TcpView> view_tcp(std::span<const std::uint8_t> p) {
    if (p.size() < 20 || p[0] >> 4 != 4 || p[9] != kProtocolTcp) return std::nullopt;
    if ((get16(p, 6) & 0x1fff) != 0) return std::nullopt;  // a later fragment has no TCP header
    const std::size_t tcp = static_cast<std::size_t>(p[0] & 0x0f) * 4;
    if (p.size() < tcp + 20) return std::nullopt;
    const std::uint8_t flags = p[tcp + 13];
    return TcpView{.from = {get32(p, 12), get16(p, tcp)},
                   .to = {get32(p, 16), get16(p, tcp + 2)},
                   .ack = get32(p, tcp + 8),
                   .syn = (flags & kSyn) != 0,
                   .rst = (flags & kRst) != 0,
                   .has_ack = (flags & kAck) != 0};
}

std::vector<std::uint8_t> make_rst(Endpoint from, Endpoint to, std::uint32_t sequence) {
    constexpr std::size_t kIp = 20, kTcp = 20;
    std::vector<std::uint8_t> p(kIp + kTcp, 0);
    p[0] = 0x45;
    put16(p, 2, kIp + kTcp);
    put16(p, 6, 0x4000);  // do not fragment
    p[8] = 64;            // time to live
    p[9] = kProtocolTcp;
    put32(p, 12, from.address);
    put32(p, 16, to.address);
    put16(p, 10, checksum(std::span(p).first(kIp)));

    put16(p, kIp, from.port);
    put16(p, kIp + 2, to.port);
    put32(p, kIp + 4, sequence);
    p[kIp + 12] = 5 << 4;  // header length in words
    p[kIp + 13] = kRst;
    // The pseudo header of RFC 9293 3.1: both addresses, protocol, TCP length.
    const auto half = [](std::uint32_t a) { return (a >> 16) + (a & 0xffff); };
    const std::uint32_t pseudo = half(from.address) + half(to.address) + kProtocolTcp + kTcp;
    put16(p, kIp + 16, checksum(std::span(p).last(kTcp), pseudo));
    return p;
}

std::optional<TcpFlows::Answer> TcpFlows::observe(std::span<const std::uint8_t> packet) {
    const auto tcp = view_tcp(packet);
    if (!tcp) return std::nullopt;
    const bool low = tcp->from < tcp->to;
    const Key key = low ? Key{tcp->from, tcp->to} : Key{tcp->to, tcp->from};

    if (tcp->syn && !tcp->has_ack) flows_.erase(key);  // the same ports again: a new connection
    auto found = flows_.find(key);
    if (found != flows_.end() && found->second.doomed) {
        // The sender may have received more than it had acknowledged when the reset came (delayed ACK). Every
        // packet it still sends says what it now expects, so each is answered until it gives up.
        if (tcp->rst || !tcp->has_ack) return Answer{};
        return Answer{make_rst(tcp->to, tcp->from, tcp->ack)};
    }
    if (tcp->rst) {
        if (found != flows_.end()) flows_.erase(found);
        return std::nullopt;
    }
    if (found == flows_.end()) {
        if (flows_.size() >= kMaxFlows) flows_.erase(flows_.begin());
        found = flows_.emplace(key, Flow{}).first;
    }
    if (tcp->has_ack) found->second.expects[low ? 0 : 1] = tcp->ack;
    return std::nullopt;
}

bool TcpFlows::is_doomed(std::span<const std::uint8_t> packet) const {
    const auto tcp = view_tcp(packet);
    if (!tcp) return false;
    const auto found = flows_.find(Key{std::min(tcp->from, tcp->to), std::max(tcp->from, tcp->to)});
    return found != flows_.end() && found->second.doomed;
}

std::vector<std::vector<std::uint8_t>> TcpFlows::reset_all() {
    std::vector<std::vector<std::uint8_t>> rsts;
    for (auto& [ends, flow] : flows_) {
        flow.doomed = true;
        for (std::size_t i = 0; i < 2; ++i) {
            if (flow.expects[i]) rsts.push_back(make_rst(ends[1 - i], ends[i], *flow.expects[i]));
        }
    }
    return rsts;
}

}  // namespace outrider::lab
