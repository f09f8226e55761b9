// A TCP server on loopback that gives every client the same bytes and then does one thing.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace outrider::test {

class OneShotServer {
public:
    enum class Then { close, reset, hold };

    OneShotServer(std::string bytes, Then then) : bytes_(std::move(bytes)), then_(then) {
        socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        auto* generic = reinterpret_cast<sockaddr*>(&address);
        if (::bind(socket_, generic, sizeof address) != 0 || ::listen(socket_, 16) != 0)
            throw std::runtime_error{"cannot listen on loopback"};
        socklen_t size = sizeof address;
        ::getsockname(socket_, generic, &size);
        port_ = ntohs(address.sin_port);
        thread_ = std::thread{[this] { serve(); }};
    }
    ~OneShotServer() {
        ::shutdown(socket_, SHUT_RDWR);  // wakes accept
        thread_.join();
        for (const int client : held_) ::close(client);
        ::close(socket_);
    }
    OneShotServer(const OneShotServer&) = delete;
    OneShotServer& operator=(const OneShotServer&) = delete;

    [[nodiscard]] std::uint16_t port() const { return port_; }
    [[nodiscard]] int clients() const { return clients_; }
    [[nodiscard]] std::string last_request() const { return last_request_; }  ///< read it once the server is idle

private:
    void serve() {
        for (;;) {
            const int client = ::accept(socket_, nullptr, nullptr);
            if (client < 0) return;
            std::string request;
            char buffer[4096];
            while (request.find("\r\n\r\n") == std::string::npos) {
                const auto n = ::recv(client, buffer, sizeof buffer, 0);
                if (n <= 0) break;
                request.append(buffer, static_cast<std::size_t>(n));
            }
            last_request_ = request;
            for (std::size_t sent = 0; sent < bytes_.size();) {
                const auto n = ::send(client, bytes_.data() + sent, bytes_.size() - sent, MSG_NOSIGNAL);
                if (n <= 0) break;
                sent += static_cast<std::size_t>(n);
            }
            ++clients_;
            if (then_ == Then::hold) {
                held_.push_back(client);
                continue;
            }
            if (then_ == Then::reset) {
                const linger hard{1, 0};
                ::setsockopt(client, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
            }
            ::close(client);
        }
    }

    std::string bytes_;
    Then then_;
    int socket_ = -1;
    std::uint16_t port_ = 0;
    std::atomic<int> clients_{0};
    std::string last_request_;
    std::vector<int> held_;
    std::thread thread_;
};

}  // namespace outrider::test
