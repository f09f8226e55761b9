#include "client.h"

#include <sys/socket.h>
#include <sys/uio.h>

#include <asio/read_until.hpp>
#include <asio/write.hpp>
#include <cerrno>
#include <istream>

namespace outrider::lab {
namespace {

constexpr std::size_t kMaxRequest = 8192;
constexpr std::chrono::seconds kRequestDeadline{10};
constexpr std::size_t kGather = 64;  // tags per writev: about 1 s of video with its audio
// The throttle's bucket: small enough that the rate is smooth, large enough for one packet.
constexpr double kBucketSeconds = 0.05;
constexpr double kMinBucketBytes = 3000;

std::string status_line(unsigned status) {
    const char* reason = status == 200 ? "OK" : status == 404 ? "Not Found" : status < 500 ? "Refused" : "Server Error";
    return "HTTP/1.1 " + std::to_string(status) + ' ' + reason + "\r\nServer: lab_flvd\r\n";
}

}  // namespace

Client::Client(asio::ip::tcp::socket socket, FindStream find_stream)
    : socket_(std::move(socket)),
      timer_(socket_.get_executor()),
      find_stream_(std::move(find_stream)),
      request_(kMaxRequest) {
    socket_.non_blocking(true);
    socket_.set_option(asio::ip::tcp::no_delay(true));
}

void Client::start() {
    timer_.expires_after(kRequestDeadline);
    timer_.async_wait([self = shared_from_this()](std::error_code error) {
        if (!error) self->close();
    });
    asio::async_read_until(socket_, request_, "\r\n\r\n",
                           [self = shared_from_this()](std::error_code error, std::size_t) {
                               if (error) return self->close();
                               std::istream text(&self->request_);
                               std::string method, path;
                               text >> method >> path;
                               self->answer(method + ' ' + path.substr(0, path.find('?')));
                           });
}

void Client::answer(const std::string& head) {
    const auto space = head.find(' ');
    if (head.substr(0, space) != "GET") return refuse(405);
    stream_ = find_stream_(head.substr(space + 1));
    if (stream_ == nullptr) return refuse(404);
    if (stream_->refuses_next()) return refuse(stream_->misbehaviour().status);

    timer_.expires_after(stream_->misbehaviour().slow_first_byte);
    timer_.async_wait([self = shared_from_this()](std::error_code error) {
        if (!error) self->begin_media();
    });
    watch_for_end();
}

void Client::refuse(unsigned status) {
    auto response =
        std::make_shared<std::string>(status_line(status) + "Content-Length: 0\r\nConnection: close\r\n\r\n");
    asio::async_write(socket_, asio::buffer(*response),
                      [self = shared_from_this(), response](std::error_code, std::size_t) { self->close(); });
}

void Client::begin_media() {
    if (!socket_.is_open()) return;
    push(std::make_shared<std::string>(
        status_line(200) +
        "Content-Type: video/x-flv\r\nCache-Control: no-cache\r\nAccess-Control-Allow-Origin: *\r\n" +
        "Connection: close\r\n\r\n" + flv_file_header()));
    media_ = true;
    stale_gop_ = stream_->stale_gop();
    stream_->add(shared_from_this());
}

// A viewer says nothing after its request: what can be read is its end.
void Client::watch_for_end() {
    socket_.async_wait(asio::ip::tcp::socket::wait_read, [self = shared_from_this()](std::error_code error) {
        if (error) return;
        std::array<char, 4096> ignored;
        std::error_code failed;
        const std::size_t n = self->socket_.read_some(asio::buffer(ignored), failed);
        if (n == 0 && failed != asio::error::would_block) return self->close();
        self->watch_for_end();
    });
}

void Client::pump(Time at) {
    if (!media_ || !socket_.is_open()) return;
    if (position_) skip_if_behind();
    if (blocked_) return;
    // As a server that waits for its origin: not even a header before there is media.
    if (!position_ && !stale_gop_ && !join()) return;
    for (;;) {
        fill(at);
        if (outbox_.empty()) return;
        const std::size_t limit = allowance(at);
        if (limit == 0 || !write_some(limit)) return;
    }
}

bool Client::join() {
    const auto start = stream_->log().newest_keyframe();
    if (!start) return false;
    position_ = *start;
    for (const FlvTag& tag : stream_->log().preamble(stream_->log().at(*start).timestamp_ms)) push(tag.bytes);
    return true;
}

void Client::fill(Time at) {
    if (stale_gop_ && stream_->stale_gop()) return fill_stale(at);
    if (stale_gop_) {  // the stream is well again
        stale_gop_.reset();
        if (!join()) return;
    }
    if (position_) fill_live();
}

// Too slow: as real servers do, drop whole tags up to a key frame, the next one if none came since. Also done for a
// client that takes nothing at all, so that it gets the newest picture when it does.
void Client::skip_if_behind() {
    const TagLog& log = stream_->log();
    const bool forgotten = *position_ < log.begin_number();
    if (!forgotten && log.bytes_from(*position_) <= stream_->limits().client_bytes) return;
    const std::uint64_t keyframe = log.newest_keyframe().value_or(log.end_number());
    const std::uint64_t target = keyframe > *position_ ? keyframe : log.end_number();
    ++stream_->counters.skips;
    stream_->counters.tags_skipped += target - *position_;
    position_ = target;
    awaits_keyframe_ = target == log.end_number();
}

void Client::fill_live() {
    const TagLog& log = stream_->log();
    while (outbox_.size() < kGather && *position_ < log.end_number()) {
        const FlvTag& tag = log.at((*position_)++);
        if (awaits_keyframe_ && tag.kind != TagKind::video_keyframe) {
            ++stream_->counters.tags_skipped;
            continue;
        }
        awaits_keyframe_ = false;
        push(tag.bytes);
    }
}

void Client::fill_stale(Time at) {
    const auto& gop = *stale_gop_;
    if (gop.empty()) return;
    if (stale_round_began_ == Time{}) {
        stale_round_began_ = at;
        for (const FlvTag& tag : stream_->log().preamble(gop.front().timestamp_ms)) push(tag.bytes);
    }
    while (outbox_.size() < kGather) {
        if (stale_next_ == gop.size()) {
            stale_next_ = 0;
            stale_round_began_ = at;
        }
        // A tag's place in the round; timestamps of audio may lie a little before the key frame.
        const auto offset = static_cast<std::int32_t>(gop[stale_next_].timestamp_ms - gop.front().timestamp_ms);
        if (at - stale_round_began_ < std::chrono::milliseconds(offset)) return;
        push(gop[stale_next_++].bytes);
        if (gop.size() == 1) return;
    }
}

std::size_t Client::allowance(Time at) {
    const double rate = stream_->misbehaviour().throttle_bps / 8;
    if (rate <= 0) return SIZE_MAX;
    const double elapsed = std::chrono::duration<double>(at - tokens_at_).count();
    tokens_ = std::min(tokens_ + elapsed * rate, std::max(kMinBucketBytes, rate * kBucketSeconds));
    tokens_at_ = at;
    return static_cast<std::size_t>(tokens_);
}

/// Writes up to `limit` bytes of the outbox; false if there is no point in going on now.
bool Client::write_some(std::size_t limit) {
    std::array<iovec, kGather + 8> parts;
    std::size_t count = 0, bytes = 0, skip = first_sent_;
    for (const auto& tag : outbox_) {
        if (count == parts.size() || bytes >= limit) break;
        const std::size_t size = std::min(tag->size() - skip, limit - bytes);
        parts[count++] = {const_cast<char*>(tag->data()) + skip, size};
        bytes += size;
        skip = 0;
    }
    msghdr message{};
    message.msg_iov = parts.data();
    message.msg_iovlen = count;
    const ssize_t sent = ::sendmsg(socket_.native_handle(), &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno != EAGAIN && errno != EINTR) {
        close();
        return false;
    }
    std::size_t left = sent > 0 ? static_cast<std::size_t>(sent) : 0;
    tokens_ -= static_cast<double>(left);
    stream_->counters.bytes_sent += left;
    const bool all = left == bytes;
    for (left += first_sent_; !outbox_.empty() && left >= outbox_.front()->size(); outbox_.pop_front()) {
        left -= outbox_.front()->size();
    }
    first_sent_ = left;
    if (!all) {
        blocked_ = true;
        socket_.async_wait(asio::ip::tcp::socket::wait_write, [self = shared_from_this()](std::error_code error) {
            if (error) return;
            self->blocked_ = false;
            if (!self->stream_->misbehaviour().freeze) self->pump(std::chrono::steady_clock::now());
        });
    }
    return all;
}

void Client::close() {
    timer_.cancel();
    std::error_code ignored;
    socket_.close(ignored);
    if (stream_ != nullptr) stream_->remove(shared_from_this());
}

void Client::reset() {
    std::error_code ignored;
    socket_.set_option(asio::socket_base::linger(true, 0), ignored);
    close();
}

}  // namespace outrider::lab
