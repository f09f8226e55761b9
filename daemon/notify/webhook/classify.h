// What an answer to a message means: done, again later, or never again. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "outrider/result.h"
#include "outrider/time.h"
#include "probes/net/http_request.h"

namespace outrider::app {

enum class DeliveryReason {
    accepted,           ///< 2xx
    no_answer,          ///< not connected, TLS failed, timed out, or the answer was not HTTP
    server_error,       ///< 5xx
    request_timeout,    ///< 408
    too_early,          ///< 425
    rate_limited,       ///< 429
    refused,            ///< any other 4xx: sending the same again changes nothing
    redirected,         ///< 3xx: the configured URL is not the receiver's
    malformed_payload,  ///< the outbox row cannot be read: not from an answer
};

[[nodiscard]] constexpr std::string_view to_string(DeliveryReason reason) noexcept {
    switch (reason) {
        case DeliveryReason::accepted: return "accepted";
        case DeliveryReason::no_answer: return "no_answer";
        case DeliveryReason::server_error: return "server_error";
        case DeliveryReason::request_timeout: return "request_timeout";
        case DeliveryReason::too_early: return "too_early";
        case DeliveryReason::rate_limited: return "rate_limited";
        case DeliveryReason::refused: return "refused";
        case DeliveryReason::redirected: return "redirected";
        case DeliveryReason::malformed_payload: return "malformed_payload";
    }
    return "";
}

enum class Verdict { done, retry, park };

struct Decision {
    DeliveryReason reason = DeliveryReason::no_answer;
    Verdict verdict = Verdict::retry;
    std::optional<Duration> retry_after;  ///< as the receiver asked, not yet capped
    friend bool operator==(const Decision&, const Decision&) = default;
};

[[nodiscard]] Decision classify(const Result<probes::HttpResponse>& answer);

/// Waiting time before the next attempt, after `attempts` (1 or more) that failed: 1 s, 2 s, 4 s … 5 min, each spread
/// by a quarter to both sides with `random` in 0 to 1, so that many daemons do not come back to a receiver in step.
/// Never shorter than `retry_after`, of which at most 15 min are obeyed.
[[nodiscard]] Duration retry_delay(std::int64_t attempts, std::optional<Duration> retry_after, double random) noexcept;

}  // namespace outrider::app
