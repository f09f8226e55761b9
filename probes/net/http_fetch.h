// One HTTP GET as a coroutine: a playlist, a segment, or a stream that never ends. Internal to this module.
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
#include "outrider/sample.h"
#include "outrider/target.h"
#include "outrider/time.h"
#include "probes/net/curl_multi.h"
#include "probes/net/http_identity.h"
#include "probes/net/http_witness.h"
#include "probes/net/tcp_info.h"
#include "probes/session_limits.h"
#include "probes/trace_board.h"

namespace outrider::probes {

/// What a session lends to its fetchers; outlives them.
struct HttpServices {
    CurlMulti& multi;
    Tracer tracer;
    const SessionLimits& limits;
    TcpCounts& tcp;
};

struct FetchResult {
    Outcome outcome = Outcome::stopped;  ///< ok: a 2xx answer, whole
    long status = 0;                     ///< 0: no answer
    std::string url;                     ///< that gave the answer, after redirects
    std::string body;
    std::uint64_t bytes = 0;  ///< of the body
    std::string words;        ///< the library's own about a failure, fit to be shown; empty: none
    // Since the beginning; absent where there was no such phase, as on a kept connection.
    std::optional<Duration> resolved;
    std::optional<Duration> connected;
    std::optional<Duration> tls_done;
    std::optional<Duration> first_byte;
};

struct FetchRequest {
    std::string url;                ///< http or https, anything else is refused
    std::string range;              ///< "0-99": only these bytes; empty: all. A server that ignores it is refused.
    Duration timeout{};             ///< for the whole exchange; 0: none
    std::size_t max_body = 0;       ///< bytes; an answer with more is cut off as malformed
    bool fresh_connection = false;  ///< measured as a new viewer's: no kept connection is used
    bool keep_connection = true;    ///< for later fetches
    /// Takes the body as it arrives, false ends the transfer as malformed. Without it the body is kept.
    std::function<bool(std::span<const std::byte>)> on_body;
    /// Called once, before the first of the body, with what is known then.
    std::function<void(const FetchResult&)> on_answer;
};

/// Fetches one thing at a time with a target's request options, and keeps its connection open in between. Content
/// encodings are not asked for, so a few bytes never become many. Redirects are followed to http and https, five at
/// most. Traces connections, answers and TCP's view of them.
class HttpFetcher {
public:
    HttpFetcher(const HttpServices& services, const Target& target);
    HttpFetcher(const HttpFetcher&) = delete;
    HttpFetcher& operator=(const HttpFetcher&) = delete;

    /// `request` must live until it returns; want no other fetch under way.
    asio::awaitable<FetchResult> fetch(const FetchRequest& request);

    /// Ends the fetch under way, and all later ones at once, with Outcome::stopped.
    void abort();

    /// Ends the fetch under way as failed; another may follow once it has returned.
    void cancel() { services_.multi.abort(easy_.get()); }

    /// With each heartbeat: looks at the connection under way, and traces it when the media lags, at most every 10 s.
    void look(Instant at, std::optional<Duration> lag);

private:
    struct Exchange;
    static std::size_t on_body(char* data, std::size_t size, std::size_t count, void* exchange);
    static std::size_t on_header(char* data, std::size_t size, std::size_t count, void* exchange);

    asio::awaitable<CURLcode> perform(Exchange& exchange, const std::string& url, Duration offset);
    /// The absolute URL that the answer leads to; nullopt with `words` where it leads to none that we follow.
    std::optional<std::string> redirect(const std::string& from, std::string& words) const;
    void note_phases(FetchResult& result, Duration offset);
    /// Of the transfer under way; `fresh`: its connection was made for it.
    bool look_at_socket(bool fresh);

    HttpServices services_;
    CurlList connect_to_;
    HttpIdentity identity_;
    HttpWitness witness_;
    std::array<char, CURL_ERROR_SIZE> words_{};
    CurlEasy easy_;               // refers to those above, also while it is cleaned up
    std::optional<TcpInfo> tcp_;  // newest look at the transfer under way
    std::optional<Instant> lag_traced_;
    bool aborted_ = false;
};

}  // namespace outrider::probes
