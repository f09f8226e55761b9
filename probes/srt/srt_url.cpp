#include "probes/srt/srt_url.h"

#include "outrider/url_text.h"
#include "probes/net/url_query.h"

namespace outrider::probes {
namespace {

constexpr int kFirstMicroseconds = 10'000;
constexpr int kLongestLatencyMs = 60'000;  // in microseconds, 60,000,000

/// False when the option is there and is no latency.
bool read_latency(std::string_view url, std::string_view key, std::optional<int>& latency_ms) {
    if (latency_ms || !query_value(url, key)) return true;
    const auto number = query_number(url, key, 0, kLongestLatencyMs * 1000);
    if (!number) return false;
    latency_ms = *number < kFirstMicroseconds ? *number : *number / 1000;
    return true;
}

}  // namespace

bool is_srt_passphrase(std::string_view text) { return text.size() >= 10 && text.size() <= 79; }

std::optional<SrtUrl> parse_srt_url(std::string_view url) {
    const auto parts = split_url(url);
    if (!parts || parts->scheme != "srt" || !parts->port) return std::nullopt;
    if (query_value(url, "mode").value_or("caller") != "caller") return std::nullopt;
    SrtUrl out{.host = parts->host,
               .port = *parts->port,
               .stream_id = query_value(url, "streamid").value_or(""),
               .passphrase = query_value(url, "passphrase").value_or("")};
    if (out.stream_id.size() > 512) return std::nullopt;
    if (!out.passphrase.empty() && !is_srt_passphrase(out.passphrase)) return std::nullopt;
    if (query_value(url, "pbkeylen")) {
        const auto bytes = query_number(url, "pbkeylen", 0, 32);
        if (!bytes || *bytes % 8 != 0 || *bytes == 8) return std::nullopt;
        out.key_bytes = *bytes;
    }
    if (!read_latency(url, "rcvlatency", out.latency_ms) || !read_latency(url, "latency", out.latency_ms))
        return std::nullopt;
    return out;
}

}  // namespace outrider::probes
