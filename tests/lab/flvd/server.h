// The server: accepts viewers, finds their stream, and takes orders on a listener of its own.
#pragma once

#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/local/stream_protocol.hpp>
#include <asio/steady_timer.hpp>
#include <chrono>
#include <map>
#include <memory>
#include <string>

#include "stream.h"

namespace outrider::lab {

class Server {
public:
    /// Listens for viewers; `tick` is how often what arrived is passed on. Throws std::system_error.
    Server(asio::io_context& io, const asio::ip::tcp::endpoint& listen, std::chrono::milliseconds tick);

    /// Takes `POST /control` (words of misbehaviour.h, and `stream=NAME` for one stream only) and `GET /stats`
    /// on a Unix socket. Throws std::system_error.
    void listen_for_control(const std::string& path);

    Stream& add_stream(const std::string& name, StreamLimits limits);

    [[nodiscard]] asio::ip::tcp::endpoint endpoint() const { return acceptor_.local_endpoint(); }

private:
    void accept();
    void accept_control();
    void serve_control(std::shared_ptr<asio::local::stream_protocol::socket> socket);
    void tick();
    [[nodiscard]] Stream* find(const std::string& path);
    [[nodiscard]] std::string control(const std::string& body);
    [[nodiscard]] std::string stats() const;

    asio::ip::tcp::acceptor acceptor_;
    asio::local::stream_protocol::acceptor control_;
    asio::steady_timer timer_;
    asio::steady_timer pause_;  // after a failed accept
    std::chrono::milliseconds tick_;
    std::map<std::string, std::unique_ptr<Stream>> streams_;
};

}  // namespace outrider::lab
