#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <asio/ip/tcp.hpp>
#include <deque>
#include <utility>

#include "probes/path/pinger.h"

namespace outrider::probes {
namespace {

class TcpPinger final : public Pinger {
public:
    TcpPinger(asio::io_context& io, const Clock& clock, asio::ip::tcp::endpoint to, Listener listener)
        : io_(io), clock_(clock), to_(std::move(to)), listener_(std::move(listener)) {}
    ~TcpPinger() override { *alive_ = false; }
    TcpPinger(const TcpPinger&) = delete;
    TcpPinger& operator=(const TcpPinger&) = delete;

    void send(std::uint16_t number) override {
        if (sockets_.size() >= kMostAtOnce) sockets_.pop_front();
        auto& socket = sockets_.emplace_back(std::make_shared<asio::ip::tcp::socket>(io_));
        asio::error_code error;
        socket->open(to_.protocol(), error);
        if (error) {
            sockets_.pop_back();
            listener_.failed(number);
            return;
        }
        socket->set_option(asio::socket_base::linger{true, 0}, error);  // a reset, and no TIME_WAIT on either side
        const int one = 1;
        ::setsockopt(socket->native_handle(), IPPROTO_TCP, TCP_SYNCNT, &one, sizeof one);
        socket->async_connect(
            to_, [this, alive = alive_, socket, number, sent = clock_.now()](const asio::error_code& result) {
                if (!*alive) return;
                const bool answered = !result || result == asio::error::connection_refused;
                const auto now = clock_.now();
                if (answered) {
                    if (now - sent < kSynResent) listener_.answered(number, now);
                } else if (result != asio::error::operation_aborted) {
                    listener_.failed(number);
                }
                std::erase(sockets_, socket);
            });
    }

    [[nodiscard]] std::string_view layer() const noexcept override { return "tcp_syn"; }

private:
    static constexpr std::size_t kMostAtOnce = 16;  // the oldest of them is given up by everyone
    // The kernel sends a SYN again after a second (RFC 6298 2.1): what is answered from then on was lost at first.
    static constexpr Duration kSynResent = std::chrono::seconds{1};

    asio::io_context& io_;
    const Clock& clock_;
    asio::ip::tcp::endpoint to_;
    Listener listener_;
    std::deque<std::shared_ptr<asio::ip::tcp::socket>> sockets_;  // closed with their last owner
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace

std::unique_ptr<Pinger> make_tcp_pinger(asio::io_context& io, const Clock& clock, const asio::ip::address& to,
                                        std::uint16_t port, Pinger::Listener listener) {
    return std::make_unique<TcpPinger>(io, clock, asio::ip::tcp::endpoint{to, port}, std::move(listener));
}

}  // namespace outrider::probes
