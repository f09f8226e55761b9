#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <asio/ip/udp.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

#include "probes/net/kernel_time.h"
#include "probes/path/icmp_echo.h"
#include "probes/path/pinger.h"

namespace outrider::probes {
namespace {

class IcmpPinger final : public Pinger {
public:
    IcmpPinger(asio::io_context& io, const Clock& clock, int fd, bool ipv6, bool raw, Listener listener)
        : clock_(clock),
          socket_(std::make_shared<asio::posix::stream_descriptor>(io, fd)),
          ipv6_(ipv6),
          raw_(raw),
          // A ping socket has an identifier of its own from the kernel; raw ones hear the answers to all of them.
          identifier_(
              static_cast<std::uint16_t>(static_cast<unsigned>(fd) * 40'503U ^ static_cast<unsigned>(getpid()))),
          listener_(std::move(listener)) {
        wait();
    }
    ~IcmpPinger() override {
        *alive_ = false;
        asio::error_code ignored;
        socket_->close(ignored);
    }
    IcmpPinger(const IcmpPinger&) = delete;
    IcmpPinger& operator=(const IcmpPinger&) = delete;

    void send(std::uint16_t number) override {
        const auto request = echo_request(ipv6_, identifier_, number);
        const auto sent = [&] {
            return ::send(socket_->native_handle(), request.data(), request.size(), MSG_DONTWAIT | MSG_NOSIGNAL) >= 0;
        };
        // The first error may be the network's answer to an earlier request; told, it is cleared.
        if (!sent() && !sent()) listener_.failed(number);
    }

    [[nodiscard]] std::string_view layer() const noexcept override { return "icmp"; }

private:
    void wait() {
        socket_->async_wait(asio::posix::stream_descriptor::wait_read,
                            [this, alive = alive_, socket = socket_](const asio::error_code& error) {
                                if (error || !*alive) return;
                                receive();
                                wait();
                            });
    }

    void receive() {
        std::array<std::byte, 512> bytes;  // NOLINT: written before it is read
        alignas(cmsghdr) std::array<std::byte, CMSG_SPACE(sizeof(timespec))> control;  // NOLINT: the same
        for (;;) {
            iovec part{.iov_base = bytes.data(), .iov_len = bytes.size()};
            msghdr header{};
            header.msg_iov = &part;
            header.msg_iovlen = 1;
            header.msg_control = control.data();
            header.msg_controllen = control.size();
            const auto size = ::recvmsg(socket_->native_handle(), &header, MSG_DONTWAIT);
            if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
            if (size < 0) continue;  // an error of an earlier request, told and so cleared
            const auto got = std::span<const std::byte>{bytes}.first(static_cast<std::size_t>(size));
            const auto reply = read_echo_reply(ipv6_, raw_ && !ipv6_, got);
            if (!reply || (raw_ && reply->identifier != identifier_)) continue;
            listener_.answered(reply->number, arrival_of(header));
        }
    }

    Instant arrival_of(msghdr& header) {
        const auto read = clock_.now();
        const auto* control = CMSG_FIRSTHDR(&header);
        if (control == nullptr || control->cmsg_level != SOL_SOCKET || control->cmsg_type != SCM_TIMESTAMPNS)
            return read;
        timespec time{};
        std::memcpy(&time, CMSG_DATA(control), sizeof time);
        const Instant stamp{std::chrono::seconds{time.tv_sec} + std::chrono::nanoseconds{time.tv_nsec}};
        return kernel_time_.arrival(stamp, read);
    }

    const Clock& clock_;
    std::shared_ptr<asio::posix::stream_descriptor> socket_;  // shared with the wait in flight
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
    bool ipv6_;
    bool raw_;
    std::uint16_t identifier_;
    Listener listener_;
    KernelTime kernel_time_;
};

}  // namespace

std::unique_ptr<Pinger> make_icmp_pinger(asio::io_context& io, const Clock& clock, const asio::ip::address& to,
                                         Pinger::Listener listener) {
    const asio::ip::udp::endpoint endpoint{to, 0};
    const bool ipv6 = to.is_v6();
    const int family = endpoint.protocol().family();
    const int protocol = ipv6 ? static_cast<int>(IPPROTO_ICMPV6) : static_cast<int>(IPPROTO_ICMP);
    bool raw = false;
    int fd = ::socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);
    if (fd < 0) {
        raw = true;
        fd = ::socket(family, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);
    }
    if (fd < 0) return nullptr;
    const int on = 1;
    ::setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
    if (raw && ipv6) {
        icmp6_filter replies{};
        ICMP6_FILTER_SETBLOCKALL(&replies);
        ICMP6_FILTER_SETPASS(ICMP6_ECHO_REPLY, &replies);
        ::setsockopt(fd, IPPROTO_ICMPV6, ICMP6_FILTER, &replies, sizeof replies);
    }
    // Connected: only this peer's answers come. A failure, no route, shows with each send.
    static_cast<void>(::connect(fd, endpoint.data(), static_cast<socklen_t>(endpoint.size())));
    return std::make_unique<IcmpPinger>(io, clock, fd, ipv6, raw, std::move(listener));
}

}  // namespace outrider::probes
