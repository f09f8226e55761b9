// A server on loopback that answers as a test scripts it, piece by piece and for as long as the client listens.
#pragma once

#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <functional>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace outrider::probes::test {

/// A connection as the script sees it.
class Peer {
public:
    Peer(int client, int stop) : client_(client), stop_(stop) {}

    /// What came up to the end of a request's head, or nothing when the client left or the test is over.
    std::string request() const {
        std::string head;
        std::array<char, 4096> bytes{};
        while (head.find("\r\n\r\n") == std::string::npos) {
            if (!wait(POLLIN, -1)) return {};
            const auto got = recv(client_, bytes.data(), bytes.size(), 0);
            if (got <= 0) return {};
            head.append(bytes.data(), static_cast<std::size_t>(got));
        }
        return head;
    }

    /// False once the client has left, or the test is over.
    bool send(std::string_view bytes) const {
        while (!bytes.empty()) {
            if (!wait(POLLOUT, -1)) return false;
            const auto sent = ::send(client_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
            if (sent <= 0) return false;
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        }
        return true;
    }

    /// Lets that much time pass, unless the client leaves or the test ends first: then false.
    bool pause(int milliseconds) const {
        std::array<pollfd, 2> fds{pollfd{client_, POLLRDHUP, 0}, pollfd{stop_, POLLIN, 0}};
        return poll(fds.data(), fds.size(), milliseconds) == 0;
    }

    /// Until the client leaves.
    void hold() const { (void)pause(-1); }

private:
    bool wait(short what, int milliseconds) const {
        std::array<pollfd, 2> fds{pollfd{client_, what, 0}, pollfd{stop_, POLLIN, 0}};
        return poll(fds.data(), fds.size(), milliseconds) > 0 && fds[1].revents == 0;
    }

    int client_;
    int stop_;
};

class HostileServer {
public:
    /// Runs once for each connection, on a thread of its own; the connection is closed when it returns.
    using Script = std::function<void(const Peer&)>;

    explicit HostileServer(Script script, bool ipv6 = false) : script_(std::move(script)) {
        listener_ = socket(ipv6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_storage address{};
        address.ss_family = ipv6 ? AF_INET6 : AF_INET;
        socklen_t size = ipv6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in);
        if (ipv6) {
            reinterpret_cast<sockaddr_in6&>(address).sin6_addr = in6addr_loopback;
        } else {
            reinterpret_cast<sockaddr_in&>(address).sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        }
        auto* generic = reinterpret_cast<sockaddr*>(&address);
        if (bind(listener_, generic, size) != 0 || listen(listener_, 64) != 0 ||
            getsockname(listener_, generic, &size) != 0)
            throw std::runtime_error("HostileServer: cannot listen on loopback");
        port_ = ntohs(ipv6 ? reinterpret_cast<sockaddr_in6&>(address).sin6_port
                           : reinterpret_cast<sockaddr_in&>(address).sin_port);
        thread_ = std::jthread{[this] { serve(); }};
    }
    ~HostileServer() {
        const std::uint64_t one = 1;
        (void)!write(stop_, &one, sizeof one);
        thread_ = {};  // joins
        clients_.clear();
        close(listener_);
        close(stop_);
    }
    HostileServer(const HostileServer&) = delete;
    HostileServer& operator=(const HostileServer&) = delete;

    [[nodiscard]] std::string host() const { return "127.0.0.1:" + std::to_string(port_); }
    [[nodiscard]] std::uint16_t port() const { return port_; }

private:
    void serve() {
        for (;;) {
            std::array<pollfd, 2> fds{pollfd{listener_, POLLIN, 0}, pollfd{stop_, POLLIN, 0}};
            if (poll(fds.data(), fds.size(), -1) < 0 || fds[1].revents != 0) return;
            const int client = accept(listener_, nullptr, nullptr);
            if (client < 0) continue;
            clients_.emplace_back([this, client] {
                script_(Peer{client, stop_});
                close(client);
            });
        }
    }

    Script script_;
    int listener_ = -1;
    int stop_ = eventfd(0, EFD_CLOEXEC);
    std::uint16_t port_ = 0;
    std::vector<std::jthread> clients_;
    std::jthread thread_;
};

}  // namespace outrider::probes::test
