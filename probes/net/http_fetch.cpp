#include "probes/net/http_fetch.h"

#include <algorithm>
#include <chrono>
#include <new>

#include "probes/net/curl_outcome.h"
#include "probes/net/curl_setup.h"

namespace outrider::probes {
namespace {

// libcurl keeps all headers of an answer.
constexpr std::size_t kMaxHeaderBytes = 64 * 1024;
// A segment comes as fast as the line gives it: with curl's 16 KiB, receive and poll calls were most of what it cost.
// 2026-11-25, 300 HLS streams, tests/bench/bench.py hls: together with the shorter print of TS payloads
// (mpegts_continuity.cpp) 0.034 % of a core a stream became 0.023 %, and 148 KB a stream became 190 KB.
constexpr long kBufferBytes = 64 * 1024;

std::optional<Duration> phase(CURL* easy, CURLINFO what) {
    curl_off_t microseconds = 0;
    if (curl_easy_getinfo(easy, what, &microseconds) != CURLE_OK || microseconds <= 0) return std::nullopt;
    return std::chrono::microseconds{microseconds};
}

}  // namespace

/// What the callbacks of one fetch share.
struct HttpFetcher::Exchange {
    CURL* easy;
    const FetchRequest& request;
    FetchResult result{};
    std::size_t header_bytes = 0;
    bool refused = false;  // by us

    bool take(std::span<const std::byte> bytes) {
        if (result.bytes == 0 && !request.range.empty()) {
            long status = 0;
            curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
            if (status != 206) return false;
        }
        result.bytes += bytes.size();
        if (result.bytes > request.max_body) return false;
        if (request.on_body) return request.on_body(bytes);
        result.body.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
        return true;
    }
};

HttpFetcher::HttpFetcher(CurlMulti& multi, const Target& target) : multi_(multi), easy_(curl_easy_init()) {
    if (!easy_) throw std::bad_alloc{};
    connect_to_ = prepare_stream(easy_.get(), target);
    curl_easy_setopt(easy_.get(), CURLOPT_FORBID_REUSE, 0L);
    curl_easy_setopt(easy_.get(), CURLOPT_BUFFERSIZE, kBufferBytes);
    curl_easy_setopt(easy_.get(), CURLOPT_WRITEFUNCTION, &HttpFetcher::on_body);
    curl_easy_setopt(easy_.get(), CURLOPT_HEADERFUNCTION, &HttpFetcher::on_header);
}

asio::awaitable<FetchResult> HttpFetcher::fetch(const FetchRequest& request) {
    if (aborted_) co_return FetchResult{};
    auto* easy = easy_.get();
    Exchange exchange{.easy = easy, .request = request};
    curl_easy_setopt(easy, CURLOPT_URL, request.url.c_str());
    curl_easy_setopt(easy, CURLOPT_RANGE, request.range.empty() ? nullptr : request.range.c_str());
    curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, request.fresh_connection ? 1L : 0L);
    const auto timeout = std::chrono::ceil<std::chrono::milliseconds>(request.timeout).count();
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(std::max<std::int64_t>(timeout, 1)));
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, &exchange);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, &exchange);
    const auto code = co_await multi_.perform(easy);

    auto result = std::move(exchange.result);
    const auto outcome = aborted_ ? Outcome::stopped : outcome_of(easy, code, exchange.refused);
    result.outcome = outcome == Outcome::ended ? Outcome::ok : outcome;
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &result.status);
    const char* url = nullptr;
    if (curl_easy_getinfo(easy, CURLINFO_EFFECTIVE_URL, &url) == CURLE_OK && url != nullptr) result.url = url;
    long connections = 0;
    curl_easy_getinfo(easy, CURLINFO_NUM_CONNECTS, &connections);
    if (connections > 0) {
        result.resolved = phase(easy, CURLINFO_NAMELOOKUP_TIME_T);
        result.connected = phase(easy, CURLINFO_CONNECT_TIME_T);
        result.tls_done = phase(easy, CURLINFO_APPCONNECT_TIME_T);
    }
    result.first_byte = phase(easy, CURLINFO_STARTTRANSFER_TIME_T);
    co_return result;
}

void HttpFetcher::abort() {
    aborted_ = true;
    multi_.abort(easy_.get());
}

std::size_t HttpFetcher::on_body(char* data, std::size_t size, std::size_t count, void* user) {
    auto& exchange = *static_cast<Exchange*>(user);
    const auto bytes = size * count;
    if (exchange.take({reinterpret_cast<const std::byte*>(data), bytes})) return bytes;
    exchange.refused = true;
    return 0;
}

std::size_t HttpFetcher::on_header(char*, std::size_t size, std::size_t count, void* user) {
    auto& exchange = *static_cast<Exchange*>(user);
    exchange.header_bytes += size * count;
    exchange.refused = exchange.refused || exchange.header_bytes > kMaxHeaderBytes;
    return exchange.refused ? 0 : size * count;
}

}  // namespace outrider::probes
