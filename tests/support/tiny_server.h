// An HTTP server of a few lines for tests: one connection at a time on 127.0.0.1, answers as the test scripts them.
#pragma once

#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace outrider::test {

class TinyServer {
public:
    /// Gets the whole request as received, returns the bytes of the answer. Runs on the server's thread. After the
    /// answer the connection stays open until the client closes it, so an answer that lacks bytes is one that hangs.
    using Handler = std::function<std::string(const std::string& request)>;

    explicit TinyServer(Handler handler) : handler_(std::move(handler)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        auto* generic = reinterpret_cast<sockaddr*>(&address);
        if (bind(listener_, generic, size) != 0 || listen(listener_, 16) != 0 ||
            getsockname(listener_, generic, &size) != 0)
            throw std::runtime_error("TinyServer: cannot listen on 127.0.0.1");
        port_ = ntohs(address.sin_port);
        thread_ = std::thread{[this] { serve(); }};
    }
    ~TinyServer() {
        const std::uint64_t one = 1;
        (void)!write(stop_, &one, sizeof one);
        thread_.join();
        close(listener_);
        close(stop_);
    }
    TinyServer(const TinyServer&) = delete;
    TinyServer& operator=(const TinyServer&) = delete;

    [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }

    /// The requests so far, once there are `count` of them; fewer when that takes longer than 10 s.
    std::vector<std::string> wait_for(std::size_t count) {
        std::unique_lock lock{mutex_};
        arrived_.wait_for(lock, std::chrono::seconds{10}, [&] { return requests_.size() >= count; });
        return requests_;
    }

private:
    /// False when the server is to stop.
    bool readable(int fd) const {
        std::array<pollfd, 2> fds{pollfd{fd, POLLIN, 0}, pollfd{stop_, POLLIN, 0}};
        return poll(fds.data(), fds.size(), -1) > 0 && fds[1].revents == 0;
    }

    void serve() {
        while (readable(listener_)) {
            const int client = accept(listener_, nullptr, nullptr);
            if (client < 0) continue;
            const auto request = receive(client);
            if (!request.empty()) answer(client, request);
            std::array<char, 4096> rest{};
            while (readable(client) && recv(client, rest.data(), rest.size(), 0) > 0) continue;
            close(client);
        }
    }

    void answer(int client, const std::string& request) {
        const auto bytes = handler_(request);
        {
            const std::scoped_lock lock{mutex_};
            requests_.push_back(request);
        }
        arrived_.notify_all();
        std::string_view left = bytes;
        while (!left.empty()) {
            const auto sent = send(client, left.data(), left.size(), MSG_NOSIGNAL);
            if (sent <= 0) return;
            left.remove_prefix(static_cast<std::size_t>(sent));
        }
    }

    std::string receive(int client) const {
        std::string request;
        std::array<char, 4096> bytes{};
        while (!complete(request)) {
            if (!readable(client)) return {};
            const auto got = recv(client, bytes.data(), bytes.size(), 0);
            if (got <= 0) return {};
            request.append(bytes.data(), static_cast<std::size_t>(got));
        }
        return request;
    }

    static bool complete(const std::string& request) {
        const auto end = request.find("\r\n\r\n");
        if (end == std::string::npos) return false;
        const auto length = request.find("Content-Length: ");
        const auto body = length < end ? std::stoul(request.substr(length + 16)) : 0;
        return request.size() >= end + 4 + body;
    }

    Handler handler_;
    int listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int stop_ = eventfd(0, EFD_CLOEXEC);
    int port_ = 0;
    std::mutex mutex_;  // guards requests_
    std::condition_variable arrived_;
    std::vector<std::string> requests_;
    std::thread thread_;
};

/// A complete answer, e.g. http_answer("503 Service Unavailable", "", "Retry-After: 7\r\n").
inline std::string http_answer(std::string_view status, std::string_view body = "", std::string_view headers = "") {
    return "HTTP/1.1 " + std::string{status} + "\r\n" + std::string{headers} +
           "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string{body};
}

}  // namespace outrider::test
