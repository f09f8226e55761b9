#include "probes/net/http_fetch.h"

#include <algorithm>
#include <chrono>
#include <new>
#include <utility>

#include "probes/net/curl_outcome.h"
#include "probes/net/curl_setup.h"
#include "probes/net/uri.h"
#include "probes/redaction.h"

namespace outrider::probes {
namespace {

// A segment comes as fast as the line gives it: with curl's 16 KiB, receive and poll calls were most of what it cost.
// 2026-11-25, 300 HLS streams, tests/bench/bench.py hls: together with the shorter print of TS payloads
// (mpegts_continuity.cpp) 0.034 % of a core a stream became 0.023 %, and 148 KB a stream became 190 KB. An endless
// stream comes at its own pace and keeps curl's.
constexpr long kBufferBytes = 64 * 1024;
constexpr int kMaxRedirects = 5;
// A page that says "moved" is read, so that its connection can be used again.
constexpr std::size_t kMaxRedirectBody = 64 * 1024;
// Later than this is worth a look at TCP.
constexpr Duration kLagging = std::chrono::milliseconds{500};
constexpr Duration kBetweenTraces = std::chrono::seconds{10};

std::optional<Duration> phase(CURL* easy, CURLINFO what, Duration offset) {
    curl_off_t microseconds = 0;
    if (curl_easy_getinfo(easy, what, &microseconds) != CURLE_OK || microseconds <= 0) return std::nullopt;
    return offset + std::chrono::microseconds{microseconds};
}

bool is_redirect(long status) { return status >= 300 && status < 400; }

}  // namespace

/// What the callbacks of one fetch share.
struct HttpFetcher::Exchange {
    HttpFetcher& fetcher;
    const FetchRequest& request;
    FetchResult result{};
    Duration offset{};              // from the beginning to this hop
    std::size_t redirect_body = 0;  // of this hop
    bool answered = false;          // this hop
    const char* refusal = nullptr;  // set: refused by us, and why

    bool refuse(const char* why) {
        refusal = why;
        return false;
    }

    bool take(std::span<const std::byte> bytes) {
        if (!std::exchange(answered, true) && !answer()) return false;
        if (is_redirect(fetcher.witness_.status())) {
            redirect_body += bytes.size();
            return redirect_body <= kMaxRedirectBody || refuse("a redirect with more than 64 KiB of text");
        }
        result.bytes += bytes.size();
        if (result.bytes > request.max_body) return refuse("larger than anything of its kind");
        if (request.on_body) return request.on_body(bytes) || refuse("not the format that was expected");
        result.body.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
        return true;
    }

    bool answer() {
        fetcher.witness_.conclude(fetcher.easy_.get());
        long connections = 0;
        curl_easy_getinfo(fetcher.easy_.get(), CURLINFO_NUM_CONNECTS, &connections);
        const bool fresh = connections > 0;
        if (fetcher.look_at_socket(fresh) && fresh)
            fetcher.services_.tracer.note(TraceKind::tcp, to_string(*fetcher.tcp_));
        if (is_redirect(fetcher.witness_.status())) return true;
        if (!request.range.empty() && fetcher.witness_.status() != 206) return refuse("the byte range was ignored");
        fetcher.note_phases(result, offset);
        if (request.on_answer) request.on_answer(result);
        return true;
    }
};

HttpFetcher::HttpFetcher(const HttpServices& services, const Target& target)
    : services_(services), identity_(target), witness_(services.tracer), easy_(curl_easy_init()) {
    if (!easy_) throw std::bad_alloc{};
    connect_to_ = prepare_stream(easy_.get(), target, services.limits);
    curl_easy_setopt(easy_.get(), CURLOPT_WRITEFUNCTION, &HttpFetcher::on_body);
    curl_easy_setopt(easy_.get(), CURLOPT_HEADERFUNCTION, &HttpFetcher::on_header);
    curl_easy_setopt(easy_.get(), CURLOPT_ERRORBUFFER, words_.data());
}

asio::awaitable<FetchResult> HttpFetcher::fetch(const FetchRequest& request) {
    Exchange exchange{.fetcher = *this, .request = request};
    auto& result = exchange.result;
    if (aborted_) co_return FetchResult{};
    if (const auto status = identity_.refresh(); !status) {
        result.outcome = Outcome::local_failure;
        result.words = status.error().text;
        co_return std::move(result);
    }
    curl_easy_setopt(easy_.get(), CURLOPT_RANGE, request.range.empty() ? nullptr : request.range.c_str());
    curl_easy_setopt(easy_.get(), CURLOPT_FRESH_CONNECT, request.fresh_connection ? 1L : 0L);
    curl_easy_setopt(easy_.get(), CURLOPT_FORBID_REUSE, request.keep_connection ? 0L : 1L);
    curl_easy_setopt(easy_.get(), CURLOPT_BUFFERSIZE,
                     request.keep_connection ? kBufferBytes : long{CURL_MAX_WRITE_SIZE});
    const auto began = services_.tracer.clock().uptime();
    result.url = request.url;
    for (int hop = 0;; ++hop) {
        const auto offset = services_.tracer.clock().uptime() - began;
        const auto code = co_await perform(exchange, result.url, offset);
        result.status = witness_.status();
        if (aborted_) {
            result.outcome = Outcome::stopped;
            break;
        }
        if (code == CURLE_OK && is_redirect(result.status)) {
            result.outcome = Outcome::redirect_refused;
            auto next = redirect(result.url, result.words);
            if (!next) break;
            if (hop == kMaxRedirects) result.words = "more than five redirects";
            if (hop == kMaxRedirects) break;
            result.url = std::move(*next);
            continue;
        }
        const auto outcome = outcome_of(easy_.get(), code, exchange.refusal != nullptr, words_.data());
        result.outcome = outcome == Outcome::ended ? Outcome::ok : outcome;
        if (exchange.refusal != nullptr) {
            result.words = exchange.refusal;
        } else if (code == CURLE_OUT_OF_MEMORY) {
            result.words = "a header line longer than libcurl takes";
        } else if (code != CURLE_OK) {
            result.words = redacted_text(words_[0] != '\0' ? words_.data() : curl_easy_strerror(code));
        }
        break;
    }
    const bool failed = result.outcome != Outcome::ok && result.outcome != Outcome::stopped;
    if (tcp_ && (failed || !request.keep_connection)) services_.tracer.note(TraceKind::tcp, to_string(*tcp_));
    note_phases(result, exchange.offset);
    co_return std::move(result);
}

asio::awaitable<CURLcode> HttpFetcher::perform(Exchange& exchange, const std::string& url, Duration offset) {
    auto* easy = easy_.get();
    exchange.offset = offset;
    exchange.redirect_body = 0;
    exchange.answered = false;
    words_[0] = '\0';
    tcp_.reset();
    const auto& request = exchange.request;
    // What is left of the time for the whole exchange; libcurl takes 0 for no limit.
    long left = 0;
    if (request.timeout > Duration{0}) {
        const auto limit = std::min(request.timeout, services_.limits.fetch) - offset;
        left = std::max(1L, static_cast<long>(std::chrono::ceil<std::chrono::milliseconds>(limit).count()));
    }
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, left);
    curl_easy_setopt(easy, CURLOPT_URL, url.c_str());
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, &exchange);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, &exchange);
    identity_.apply(easy, url);
    witness_.begin(easy, url);
    const auto code = co_await services_.multi.perform(easy);
    witness_.conclude(easy);
    co_return code;
}

std::optional<std::string> HttpFetcher::redirect(const std::string& from, std::string& words) const {
    const auto& location = witness_.location();
    if (location.empty()) {
        words = "status " + std::to_string(witness_.status()) + " without a Location";
        return std::nullopt;
    }
    // Also refuses other schemes and more than 8 KiB.
    auto next = resolve_uri(from, location);
    if (!next) words = "want a Location of http or https, got " + redacted_text(location.substr(0, 200));
    return next;
}

void HttpFetcher::note_phases(FetchResult& result, Duration offset) {
    auto* easy = easy_.get();
    long connections = 0;
    curl_easy_getinfo(easy, CURLINFO_NUM_CONNECTS, &connections);
    if (connections > 0) {
        result.resolved = phase(easy, CURLINFO_NAMELOOKUP_TIME_T, offset);
        result.connected = phase(easy, CURLINFO_CONNECT_TIME_T, offset);
        result.tls_done = phase(easy, CURLINFO_APPCONNECT_TIME_T, offset);
    }
    result.first_byte = phase(easy, CURLINFO_STARTTRANSFER_TIME_T, offset);
}

void HttpFetcher::abort() {
    aborted_ = true;
    services_.multi.abort(easy_.get());
}

void HttpFetcher::look(Instant at, std::optional<Duration> lag) {
    // Before the answer the connection may be one of several that are tried.
    if (!tcp_ || !look_at_socket(false)) return;
    if (!lag || *lag < kLagging || (lag_traced_ && at - *lag_traced_ < kBetweenTraces)) return;
    lag_traced_ = at;
    services_.tracer.note(TraceKind::tcp, to_string(*tcp_));
}

bool HttpFetcher::look_at_socket(bool fresh) {
    const auto socket = services_.multi.socket_of(easy_.get());
    const auto info = socket == CURL_SOCKET_BAD ? std::nullopt : read_tcp_info(socket);
    if (!info) return false;
    services_.tcp.take(socket, *info, fresh);
    tcp_ = info;
    return true;
}

std::size_t HttpFetcher::on_body(char* data, std::size_t size, std::size_t count, void* user) {
    auto& exchange = *static_cast<Exchange*>(user);
    const auto bytes = size * count;
    return exchange.take({reinterpret_cast<const std::byte*>(data), bytes}) ? bytes : 0;
}

std::size_t HttpFetcher::on_header(char* data, std::size_t size, std::size_t count, void* user) {
    auto& exchange = *static_cast<Exchange*>(user);
    const auto bytes = size * count;
    if (exchange.fetcher.witness_.on_header({data, bytes})) return bytes;
    (void)exchange.refuse("more than 64 KiB of headers");
    return 0;
}

}  // namespace outrider::probes
