// One HTTP GET as a coroutine, for what comes in many small answers: playlists and segments. Internal to this module.
#pragma once

#include <array>
#include <asio/awaitable.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>

#include "outrider/outcome.h"
#include "outrider/target.h"
#include "outrider/time.h"
#include "probes/net/curl_multi.h"

namespace outrider::probes {

struct FetchRequest {
    std::string url;                ///< http or https, anything else is refused
    std::string range;              ///< "0-99": only these bytes; empty: all. A server that ignores it is refused.
    Duration timeout{};             ///< > 0, for the whole exchange
    std::size_t max_body = 0;       ///< bytes; an answer with more is cut off as malformed
    bool fresh_connection = false;  ///< measured as a new viewer's: no kept connection is used
    /// Takes the body as it arrives, false ends the transfer as malformed. Without it the body is kept.
    std::function<bool(std::span<const std::byte>)> on_body;
};

struct FetchResult {
    Outcome outcome = Outcome::stopped;  ///< ok: a 2xx answer, whole
    long status = 0;                     ///< 0: no answer
    std::string url;                     ///< that gave the answer, after redirects
    std::string body;
    std::uint64_t bytes = 0;  ///< of the body
    // Since the beginning; absent where there was no such phase, as on a kept connection.
    std::optional<Duration> resolved;
    std::optional<Duration> connected;
    std::optional<Duration> tls_done;
    std::optional<Duration> first_byte;
};

/// Fetches one thing at a time and keeps its connection open in between. Content encodings are not asked for, so a few
/// bytes never become many. Redirects are followed to http and https, five at most.
class HttpFetcher {
public:
    HttpFetcher(CurlMulti& multi, const Target& target);
    HttpFetcher(const HttpFetcher&) = delete;
    HttpFetcher& operator=(const HttpFetcher&) = delete;

    /// `request` must live until it returns; want no other fetch under way.
    asio::awaitable<FetchResult> fetch(const FetchRequest& request);

    /// Ends the fetch under way, and all later ones at once, with Outcome::stopped.
    void abort();

    /// Ends the fetch under way as failed; another may follow once it has returned.
    void cancel() { multi_.abort(easy_.get()); }

private:
    struct Exchange;
    static std::size_t on_body(char* data, std::size_t size, std::size_t count, void* exchange);
    static std::size_t on_header(char* data, std::size_t size, std::size_t count, void* exchange);

    CurlMulti& multi_;
    CurlEasy easy_;
    CurlList connect_to_;
    bool aborted_ = false;
};

}  // namespace outrider::probes
