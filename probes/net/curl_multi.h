// libcurl's multi-socket interface on an Asio reactor: thousands of transfers on one thread. Internal to this module.
#pragma once

#include <curl/curl.h>

#include <asio/awaitable.hpp>
#include <asio/io_context.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/steady_timer.hpp>
#include <memory>
#include <unordered_map>

namespace outrider::probes {

struct CurlEasyDelete {
    void operator()(CURL* easy) const noexcept { curl_easy_cleanup(easy); }
};
using CurlEasy = std::unique_ptr<CURL, CurlEasyDelete>;

struct CurlListDelete {
    void operator()(curl_slist* list) const noexcept { curl_slist_free_all(list); }
};
using CurlList = std::unique_ptr<curl_slist, CurlListDelete>;

/// One per io_context, used on its thread only. Everything in flight must have been aborted before it dies, and the
/// io_context does not run after it.
class CurlMulti {
public:
    explicit CurlMulti(asio::io_context& io);
    ~CurlMulti();
    CurlMulti(const CurlMulti&) = delete;
    CurlMulti& operator=(const CurlMulti&) = delete;

    /// Runs a prepared transfer to its end; the easy handle's callbacks run on this thread meanwhile.
    asio::awaitable<CURLcode> perform(CURL* easy);

    /// Makes a `perform` of this handle return CURLE_ABORTED_BY_CALLBACK; nothing if there is none.
    void abort(CURL* easy);

    /// The socket that a `perform` under way last waited for, open for as long as this names it; else CURL_SOCKET_BAD.
    /// CURLINFO_ACTIVESOCKET is known only once the transfer is over.
    [[nodiscard]] curl_socket_t socket_of(CURL* easy) const;

private:
    struct Watch;
    struct Pending {
        asio::steady_timer done;  // never expires by itself: cancelled when the transfer is over
        CURLcode code = CURLE_OK;
        curl_socket_t socket = CURL_SOCKET_BAD;
    };

    static int on_socket(CURL* easy, curl_socket_t socket, int what, void* self, void* watch);
    static int on_timer(CURLM*, long timeout_ms, void* self);
    void act_soon();
    void watch_for(const std::shared_ptr<Watch>& watch, int what);
    void arm(const std::shared_ptr<Watch>& watch, int direction);
    void act(curl_socket_t socket, int events);
    void reap();
    void finish(CURL* easy, CURLcode code);

    asio::io_context& io_;
    CURLM* multi_;
    asio::steady_timer timer_;
    bool soon_ = false;  // act_soon() is on its way
    std::unordered_map<curl_socket_t, std::shared_ptr<Watch>> watches_;
    std::unordered_map<CURL*, Pending*> pending_;
};

}  // namespace outrider::probes
