// An HTTP server for tests of sessions that fetch many small things: many connections, kept open, on one thread.
#pragma once

#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace outrider::probes::test {

/// What a test sees of a request.
struct HlsRequest {
    std::string path;                                          ///< with query
    std::optional<std::pair<std::size_t, std::size_t>> range;  ///< first and last byte; SIZE_MAX: to the end
    std::size_t sent = 0;       ///< bytes of the answer that went out already, where it said that there is more
    mutable bool more = false;  ///< set by the handler: its answer goes on, ask again
};

class HlsServer {
public:
    /// Gives the bytes of the whole answer, or nothing: then the client waits, and it is asked again every few
    /// milliseconds. Runs on the server's thread.
    using Handler = std::function<std::string(const HlsRequest&)>;

    explicit HlsServer(Handler handler) : handler_(std::move(handler)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        auto* generic = reinterpret_cast<sockaddr*>(&address);
        if (bind(listener_, generic, size) != 0 || listen(listener_, 64) != 0 ||
            getsockname(listener_, generic, &size) != 0)
            throw std::runtime_error("HlsServer: cannot listen on 127.0.0.1");
        port_ = ntohs(address.sin_port);
        thread_ = std::thread{[this] { serve(); }};
    }
    ~HlsServer() {
        const std::uint64_t one = 1;
        (void)!write(stop_, &one, sizeof one);
        thread_.join();
        for (const auto& client : clients_) close(client.fd);
        close(listener_);
        close(stop_);
    }
    HlsServer(const HlsServer&) = delete;
    HlsServer& operator=(const HlsServer&) = delete;

    [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
    /// Connections accepted so far.
    [[nodiscard]] int accepted() const {
        const std::scoped_lock lock{mutex_};
        return accepted_;
    }

private:
    static constexpr int kAskAgainMilliseconds = 4;

    struct Client {
        int fd;
        std::string unread;
        bool waits = false;  // for an answer to the first request in `unread`, or for more of it
        std::size_t sent = 0;
    };

    void serve() {
        for (;;) {
            std::vector<pollfd> fds{{stop_, POLLIN, 0}, {listener_, POLLIN, 0}};
            bool anyone_waits = false;
            for (const auto& client : clients_) {
                fds.push_back({client.fd, POLLIN, 0});
                anyone_waits = anyone_waits || client.waits;
            }
            if (poll(fds.data(), fds.size(), anyone_waits ? kAskAgainMilliseconds : -1) < 0 || fds[0].revents != 0)
                return;
            for (std::size_t i = clients_.size(); i-- > 0;) {
                auto& client = clients_[i];
                const bool readable = fds[i + 2].revents != 0;
                if ((readable && !read(client)) || ((readable || client.waits) && !reply(client))) {
                    close(client.fd);
                    clients_.erase(clients_.begin() + static_cast<std::ptrdiff_t>(i));
                }
            }
            if (fds[1].revents == 0) continue;
            const int fd = accept(listener_, nullptr, nullptr);
            if (fd < 0) continue;
            clients_.push_back({.fd = fd, .unread = {}});
            const std::scoped_lock lock{mutex_};
            ++accepted_;
        }
    }

    static bool read(Client& client) {
        std::array<char, 4096> bytes{};
        const auto got = recv(client.fd, bytes.data(), bytes.size(), 0);
        if (got <= 0) return false;
        client.unread.append(bytes.data(), static_cast<std::size_t>(got));
        return true;
    }

    bool reply(Client& client) const {
        client.waits = false;
        for (auto end = client.unread.find("\r\n\r\n"); end != std::string::npos;
             end = client.unread.find("\r\n\r\n")) {
            auto request = parse(client.unread.substr(0, end + 4));
            request.sent = client.sent;
            const auto answer = handler_(request);
            client.waits = answer.empty() || request.more;
            std::string_view left = answer;
            while (!left.empty()) {
                const auto sent = send(client.fd, left.data(), left.size(), MSG_NOSIGNAL);
                if (sent <= 0) return false;
                left.remove_prefix(static_cast<std::size_t>(sent));
            }
            client.sent += answer.size();
            if (client.waits) return true;
            client.unread.erase(0, end + 4);
            client.sent = 0;
        }
        return true;
    }

    static HlsRequest parse(const std::string& head) {
        HlsRequest request;
        const auto begin = head.find(' ') + 1;
        request.path = head.substr(begin, head.find(' ', begin) - begin);
        const auto range = head.find("Range: bytes=");
        if (range != std::string::npos) {
            const auto dash = head.find('-', range);
            const bool open = head[dash + 1] == '\r';
            request.range.emplace(std::stoul(head.substr(range + 13)),
                                  open ? SIZE_MAX : std::stoul(head.substr(dash + 1)));
        }
        return request;
    }

    Handler handler_;
    int listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int stop_ = eventfd(0, EFD_CLOEXEC);
    std::uint16_t port_ = 0;
    std::vector<Client> clients_;
    mutable std::mutex mutex_;  // guards accepted_
    int accepted_ = 0;
    std::thread thread_;
};

inline std::string answer(std::string_view status, std::string_view body, std::string_view headers = "") {
    return "HTTP/1.1 " + std::string{status} + "\r\n" + std::string{headers} +
           "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string{body};
}

}  // namespace outrider::probes::test
