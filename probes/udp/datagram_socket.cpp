#include "probes/udp/datagram_socket.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <asio/ip/udp.hpp>
#include <cerrno>
#include <cstring>
#include <memory>

namespace outrider::probes {
namespace {

constexpr std::size_t kBatch = 32;
constexpr std::size_t kBatchesATurn = 8;
// TS over UDP has 1,316 bytes; what is larger than Ethernet's 1,500 was fragmented on the way, and may be up to 9,000.
constexpr std::size_t kLargest = 9'216;

template <class T>
bool set(int fd, int level, int option, const T& value) {
    return ::setsockopt(fd, level, option, &value, sizeof value) == 0;
}

sockaddr_storage storage_of(const asio::ip::address& address) {
    const asio::ip::udp::endpoint endpoint{address, 0};
    sockaddr_storage out{};
    std::memcpy(&out, endpoint.data(), endpoint.size());
    return out;
}

/// The interface that has this address; 0, the system's choice, without one; nullopt when none has it.
std::optional<unsigned> interface_index(const std::optional<asio::ip::address>& address) {
    if (!address) return 0U;
    ifaddrs* first = nullptr;
    if (::getifaddrs(&first) != 0) return std::nullopt;
    const std::unique_ptr<ifaddrs, decltype([](ifaddrs* list) { ::freeifaddrs(list); })> list{first};
    for (const auto* entry = first; entry != nullptr; entry = entry->ifa_next) {
        if (entry->ifa_addr == nullptr) continue;
        asio::ip::udp::endpoint endpoint;
        const auto family = entry->ifa_addr->sa_family;
        if (family != AF_INET && family != AF_INET6) continue;
        std::memcpy(endpoint.data(), entry->ifa_addr, family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6));
        auto found = endpoint.address();
        if (found.is_v6()) found = asio::ip::address_v6{found.to_v6().to_bytes()};  // without its scope
        if (found == *address) return ::if_nametoindex(entry->ifa_name);
    }
    return std::nullopt;
}

/// One datagram's place in a batch. Static buffers of a thread: each shard reads one socket at a time.
struct Slot {
    std::array<std::byte, kLargest> bytes;
    alignas(cmsghdr) std::array<std::byte, CMSG_SPACE(sizeof(timespec)) + CMSG_SPACE(sizeof(std::uint32_t))> control;
    sockaddr_storage from;
    iovec part;
};

struct Batch {
    std::array<Slot, kBatch> slots;
    std::array<mmsghdr, kBatch> headers;

    void prepare() {
        for (std::size_t i = 0; i < kBatch; ++i) {
            auto& slot = slots[i];
            slot.part = {.iov_base = slot.bytes.data(), .iov_len = slot.bytes.size()};
            headers[i] = {};
            headers[i].msg_hdr.msg_name = &slot.from;
            headers[i].msg_hdr.msg_namelen = sizeof slot.from;
            headers[i].msg_hdr.msg_iov = &slot.part;
            headers[i].msg_hdr.msg_iovlen = 1;
            headers[i].msg_hdr.msg_control = slot.control.data();
            headers[i].msg_hdr.msg_controllen = slot.control.size();
        }
    }
};

Batch& thread_batch() {
    thread_local const auto batch = std::make_unique<Batch>();  // 300 KB, once a shard that has UDP
    return *batch;
}

asio::ip::address sender_of(const Slot& slot) {
    if (slot.from.ss_family == AF_INET6) {
        sockaddr_in6 address{};
        std::memcpy(&address, &slot.from, sizeof address);
        asio::ip::address_v6::bytes_type bytes{};
        std::memcpy(bytes.data(), &address.sin6_addr, bytes.size());
        return asio::ip::address_v6{bytes};
    }
    sockaddr_in address{};
    std::memcpy(&address, &slot.from, sizeof address);
    return asio::ip::address_v4{ntohl(address.sin_addr.s_addr)};
}

template <class T>
T data_of(const cmsghdr* control) {
    T value{};
    std::memcpy(&value, CMSG_DATA(control), sizeof value);
    return value;
}

}  // namespace

Outcome DatagramSocket::open(const Where& where) {
    close();
    source_ = where.source;
    const asio::ip::udp::endpoint at{where.address, where.port};
    fd_ = ::socket(at.protocol().family(), SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd_ < 0) return Outcome::local_failure;
    const bool group = where.address.is_multicast();
    // Others on this host may receive the group too. Two at one unicast address would rob each other: refused.
    if (group) set(fd_, SOL_SOCKET, SO_REUSEADDR, 1);
    set(fd_, SOL_SOCKET, SO_RCVBUF, where.receive_buffer);  // capped at net.core.rmem_max; what is lost is counted
    set(fd_, SOL_SOCKET, SO_TIMESTAMPNS, 1);
    set(fd_, SOL_SOCKET, SO_RXQ_OVFL, 1);
    // Bound to the group, the socket gets nothing that is sent to this host's own address.
    if (::bind(fd_, at.data(), static_cast<socklen_t>(at.size())) != 0) return Outcome::local_failure;
    if (group && !join(where)) return errno == ENODEV ? Outcome::unreachable : Outcome::local_failure;
    return Outcome::connecting;
}

bool DatagramSocket::join(const Where& where) const {
    const auto index = interface_index(where.local_interface);
    if (!index) {
        errno = EADDRNOTAVAIL;
        return false;
    }
    const bool v4 = where.address.is_v4();
    const int level = v4 ? IPPROTO_IP : IPPROTO_IPV6;
    // Only groups that this socket joined, not those of others on this host.
    set(fd_, level, v4 ? IP_MULTICAST_ALL : IPV6_MULTICAST_ALL, 0);
    if (where.source) {
        group_source_req request{};
        request.gsr_interface = *index;
        request.gsr_group = storage_of(where.address);
        request.gsr_source = storage_of(*where.source);
        return set(fd_, level, MCAST_JOIN_SOURCE_GROUP, request);
    }
    group_req request{};
    request.gr_interface = *index;
    request.gr_group = storage_of(where.address);
    return set(fd_, level, MCAST_JOIN_GROUP, request);
}

void DatagramSocket::close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
    last_drops_ = 0;
    dropped_ = 0;
}

void DatagramSocket::receive(const OnDatagram& on_datagram) {
    auto& batch = thread_batch();
    for (std::size_t turn = 0; turn < kBatchesATurn; ++turn) {
        batch.prepare();
        const int count = ::recvmmsg(fd_, batch.headers.data(), kBatch, MSG_DONTWAIT, nullptr);
        if (count <= 0) return;
        for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) {
            auto& header = batch.headers[i].msg_hdr;
            std::optional<Instant> stamp;
            for (auto* control = CMSG_FIRSTHDR(&header); control != nullptr; control = CMSG_NXTHDR(&header, control)) {
                if (control->cmsg_level != SOL_SOCKET) continue;
                if (control->cmsg_type == SCM_TIMESTAMPNS) {
                    const auto time = data_of<timespec>(control);
                    stamp = Instant{std::chrono::seconds{time.tv_sec} + std::chrono::nanoseconds{time.tv_nsec}};
                } else if (control->cmsg_type == SO_RXQ_OVFL) {
                    const auto drops = data_of<std::uint32_t>(control);
                    dropped_ += drops - last_drops_;
                    last_drops_ = drops;
                }
            }
            if (source_ && sender_of(batch.slots[i]) != *source_) continue;
            on_datagram(std::span<const std::byte>{batch.slots[i].bytes}.first(batch.headers[i].msg_len), stamp);
        }
        if (static_cast<std::size_t>(count) < kBatch) return;
    }
}

}  // namespace outrider::probes
