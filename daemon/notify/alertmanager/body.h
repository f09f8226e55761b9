// Alerts in the body of Alertmanager's `POST /api/v2/alerts`.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "outrider/labels.h"
#include "outrider/time.h"

namespace outrider::app {

/// One alert as it is sent.
struct OutgoingAlert {
    Labels labels;
    Labels annotations;
    Instant starts_at{};
    Instant ends_at{};          ///< in the future while firing: when Alertmanager may give it up
    std::uint64_t version = 0;  ///< which state of the alert this is; not sent
    friend bool operator==(const OutgoingAlert&, const OutgoingAlert&) = default;
};

/// Whether Alertmanager would take these labels: one at least, and names as in Prometheus. One alert that it would not
/// take makes it refuse a whole batch.
[[nodiscard]] bool sendable(const Labels& labels) noexcept;

/// The JSON array. Annotations whose name Alertmanager would refuse are left out. `external_url` is where people reach
/// this daemon, absolute, with or without a trailing slash.
[[nodiscard]] std::string alertmanager_body(std::span<const OutgoingAlert> alerts, std::string_view external_url);

}  // namespace outrider::app
