// One viewer's connection: it reads the request, then writes media from the stream's log. Large writes are
// gathered from shared tags; nothing is copied per client in this process.
#pragma once

#include <array>
#include <asio/ip/tcp.hpp>
#include <asio/steady_timer.hpp>
#include <asio/streambuf.hpp>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "stream.h"

namespace outrider::lab {

class Client : public std::enable_shared_from_this<Client> {
public:
    /// Finds the stream of a request path such as /live/demo.flv; nullptr if there is none.
    using FindStream = std::function<Stream*(const std::string& path)>;

    Client(asio::ip::tcp::socket socket, FindStream find_stream);

    /// Begins to read the request; the client lives until its connection ends.
    void start();
    /// Writes what is due at `at`, as far as the socket takes it.
    void pump(Time at);
    /// Ends the connection in an orderly way.
    void close();
    /// Ends the connection with an RST.
    void reset();

private:
    void answer(const std::string& head);
    void refuse(unsigned status);
    void begin_media();
    void watch_for_end();
    bool join();
    void fill(Time at);
    void skip_if_behind();
    void fill_live();
    void fill_stale(Time at);
    std::size_t allowance(Time at);
    bool write_some(std::size_t limit);
    void push(std::shared_ptr<const std::string> bytes) { outbox_.push_back(std::move(bytes)); }

    asio::ip::tcp::socket socket_;
    asio::steady_timer timer_;  // the request's deadline, then the slow first byte
    FindStream find_stream_;
    asio::streambuf request_;
    Stream* stream_ = nullptr;

    std::deque<std::shared_ptr<const std::string>> outbox_;
    std::size_t first_sent_ = 0;             // bytes of outbox_.front() that are out
    bool blocked_ = false;                   // waiting until the socket takes more
    bool media_ = false;                     // the request is answered
    std::optional<std::uint64_t> position_;  // next tag number of the log; none before joining
    bool awaits_keyframe_ = false;           // after a skip that found no key frame

    std::shared_ptr<const std::vector<FlvTag>> stale_gop_;
    std::size_t stale_next_ = 0;
    Time stale_round_began_{};

    double tokens_ = 0;  // bytes that the throttle allows
    Time tokens_at_{};
};

}  // namespace outrider::lab
