#include "daemon/notify/webhook/classify.h"

#include <algorithm>
#include <charconv>

namespace outrider::app {
namespace {

using namespace std::chrono_literals;

constexpr Duration kFirstDelay = 1s;
constexpr Duration kLongestDelay = 5min;
constexpr Duration kLongestRetryAfter = 15min;  // a receiver must not silence us for a day by a wrong header
constexpr double kSpread = 0.25;

DeliveryReason reason_of(long status) {
    using enum DeliveryReason;
    switch (status) {
        case 408: return request_timeout;
        case 425: return too_early;
        case 429: return rate_limited;
        default: break;
    }
    if (status >= 200 && status < 300) return accepted;
    if (status >= 300 && status < 400) return redirected;
    if (status >= 400 && status < 500) return refused;
    if (status >= 500) return server_error;
    return no_answer;  // no final answer
}

Verdict verdict_of(DeliveryReason reason) {
    using enum DeliveryReason;
    switch (reason) {
        case accepted: return Verdict::done;
        case no_answer:
        case server_error:
        case request_timeout:
        case too_early:
        case rate_limited: return Verdict::retry;
        case refused:
        case redirected:
        case malformed_payload: return Verdict::park;
    }
    return Verdict::park;
}

/// Retry-After in seconds; nullopt for its other form, a date, and for anything else: our own backoff then rules.
std::optional<Duration> seconds_in(std::string_view text) {
    std::int64_t count = 0;
    const auto* end = text.data() + text.size();
    const auto [rest, code] = std::from_chars(text.data(), end, count);
    if (code == std::errc::result_out_of_range && !text.starts_with('-')) return kLongestRetryAfter;
    if (code != std::errc{} || rest != end || count < 0) return std::nullopt;
    return std::min<std::chrono::seconds>(std::chrono::seconds{count}, 24h * 365);  // so that it fits nanoseconds
}

}  // namespace

Decision classify(const Result<probes::HttpResponse>& answer) {
    if (!answer) return {};
    Decision decision{.reason = reason_of(answer->status), .verdict = Verdict::park, .retry_after = {}};
    decision.verdict = verdict_of(decision.reason);
    if (decision.verdict == Verdict::retry) decision.retry_after = seconds_in(answer->header("retry-after"));
    return decision;
}

Duration retry_delay(std::int64_t attempts, std::optional<Duration> retry_after, double random) noexcept {
    const auto doublings = std::clamp<std::int64_t>(attempts - 1, 0, 16);  // 2^16 s is beyond the longest
    const auto plain = std::min(kFirstDelay * (std::int64_t{1} << doublings), kLongestDelay);
    const auto spread = from_seconds(seconds(plain) * (1 + kSpread * (2 * random - 1)));
    const auto delay = std::clamp(spread, kFirstDelay, kLongestDelay);
    return std::max(delay, std::min(retry_after.value_or(Duration{0}), kLongestRetryAfter));
}

}  // namespace outrider::app
