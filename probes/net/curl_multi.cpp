#include "probes/net/curl_multi.h"

#include <asio/post.hpp>
#include <asio/redirect_error.hpp>
#include <asio/use_awaitable.hpp>
#include <new>
#include <utility>

#include "probes/net/curl_global.h"

namespace outrider::probes {
namespace {

// Idle connections kept open. By default curl keeps four for each transfer under way, and in the pauses of many HLS
// viewers hardly one is: their connections were closed, and each segment began on a new one. 2026-11-25, 300 HLS
// streams, tests/bench/bench.py hls: together with a faster hash of TS payloads 0.042 % of a core a stream became 0.034
// %.
constexpr long kKeptConnections = 10'000;

}  // namespace

/// One socket that curl wants watched. Shared with the waits in flight: curl may close the socket, and the kernel give
/// its number to another, before a wait's handler runs.
struct CurlMulti::Watch {
    explicit Watch(asio::io_context& io, curl_socket_t s) : descriptor(io, s), socket(s) {}
    // The socket is curl's to close.
    ~Watch() { descriptor.release(); }
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;

    asio::posix::stream_descriptor descriptor;
    curl_socket_t socket;
    int wanted = CURL_POLL_NONE;
    bool reading = false;  // a wait for this direction is in flight
    bool writing = false;
    bool removed = false;
};

CurlMulti::CurlMulti(asio::io_context& io) : io_(io), multi_(nullptr), timer_(io) {
    curl_global();
    multi_ = curl_multi_init();
    if (multi_ == nullptr) throw std::bad_alloc{};
    curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &CurlMulti::on_socket);
    curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
    curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &CurlMulti::on_timer);
    curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
    curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, kKeptConnections);
}

CurlMulti::~CurlMulti() { curl_multi_cleanup(multi_); }

asio::awaitable<CURLcode> CurlMulti::perform(CURL* easy) {
    Pending pending{.done = asio::steady_timer{io_, asio::steady_timer::time_point::max()}};
    pending_.emplace(easy, &pending);
    if (curl_multi_add_handle(multi_, easy) != CURLM_OK) {
        pending_.erase(easy);
        co_return CURLE_FAILED_INIT;
    }
    asio::error_code cancelled;
    co_await pending.done.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
    co_return pending.code;
}

void CurlMulti::abort(CURL* easy) {
    if (pending_.contains(easy)) finish(easy, CURLE_ABORTED_BY_CALLBACK);
}

curl_socket_t CurlMulti::socket_of(CURL* easy) const {
    const auto found = pending_.find(easy);
    return found == pending_.end() ? CURL_SOCKET_BAD : found->second->socket;
}

int CurlMulti::on_socket(CURL* easy, curl_socket_t socket, int what, void* self, void*) {
    auto& multi = *static_cast<CurlMulti*>(self);
    if (const auto found = multi.pending_.find(easy); found != multi.pending_.end()) {
        auto& known = found->second->socket;
        if (what != CURL_POLL_REMOVE) known = socket;
        if (what == CURL_POLL_REMOVE && known == socket) known = CURL_SOCKET_BAD;
    }
    auto& slot = multi.watches_[socket];
    if (what == CURL_POLL_REMOVE) {
        if (slot) {
            slot->removed = true;
            slot->descriptor.release();
        }
        multi.watches_.erase(socket);
        return 0;
    }
    if (!slot) slot = std::make_shared<Watch>(multi.io_, socket);
    multi.watch_for(slot, what);
    return 0;
}

void CurlMulti::watch_for(const std::shared_ptr<Watch>& watch, int what) {
    watch->wanted = what;
    if ((what & CURL_POLL_IN) != 0 && !watch->reading) arm(watch, CURL_POLL_IN);
    if ((what & CURL_POLL_OUT) != 0 && !watch->writing) arm(watch, CURL_POLL_OUT);
}

void CurlMulti::arm(const std::shared_ptr<Watch>& watch, int direction) {
    const bool read = direction == CURL_POLL_IN;
    (read ? watch->reading : watch->writing) = true;
    watch->descriptor.async_wait(
        read ? asio::posix::stream_descriptor::wait_read : asio::posix::stream_descriptor::wait_write,
        [this, watch, direction, read](const asio::error_code& error) {
            (read ? watch->reading : watch->writing) = false;
            if (watch->removed || error == asio::error::operation_aborted) return;
            int events = read ? CURL_CSELECT_IN : CURL_CSELECT_OUT;
            if (error) events = CURL_CSELECT_ERR;
            if ((watch->wanted & direction) != 0) act(watch->socket, events);
            if (watch->removed || (watch->wanted & direction) == 0) return;
            if (!(read ? watch->reading : watch->writing)) arm(watch, direction);
        });
}

int CurlMulti::on_timer(CURLM*, long timeout_ms, void* self) {
    auto& multi = *static_cast<CurlMulti*>(self);
    if (timeout_ms <= 0) {
        multi.timer_.cancel();
        if (timeout_ms == 0) multi.act_soon();
        return 0;
    }
    multi.timer_.expires_after(std::chrono::milliseconds{timeout_ms});
    multi.timer_.async_wait([&multi](const asio::error_code& error) {
        if (!error) multi.act(CURL_SOCKET_TIMEOUT, 0);
    });
    return 0;
}

/// Each transfer begins like this. Not at once, because curl must not be called from within its own callback; nor by a
/// timer of 0 ms, which is set in the kernel as the earliest of all: that was 6 % of the CPU of 300 HLS streams.
void CurlMulti::act_soon() {
    if (std::exchange(soon_, true)) return;
    asio::post(io_, [this] {
        soon_ = false;
        act(CURL_SOCKET_TIMEOUT, 0);
    });
}

void CurlMulti::act(curl_socket_t socket, int events) {
    int running = 0;
    curl_multi_socket_action(multi_, socket, events, &running);
    if (static_cast<std::size_t>(running) < pending_.size()) reap();
}

void CurlMulti::reap() {
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
        if (message->msg == CURLMSG_DONE) finish(message->easy_handle, message->data.result);
    }
}

void CurlMulti::finish(CURL* easy, CURLcode code) {
    curl_multi_remove_handle(multi_, easy);
    const auto found = pending_.find(easy);
    if (found == pending_.end()) return;
    auto* pending = found->second;
    pending_.erase(found);
    pending->code = code;
    pending->done.cancel();
}

}  // namespace outrider::probes
