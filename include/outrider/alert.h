// Alerts: Prometheus's states, as values that survive a restart.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "outrider/labels.h"
#include "outrider/time.h"

namespace outrider {

enum class AlertState { pending, firing, resolved };

[[nodiscard]] constexpr std::string_view to_string(AlertState state) noexcept {
    switch (state) {
        case AlertState::pending: return "pending";
        case AlertState::firing: return "firing";
        case AlertState::resolved: return "resolved";
    }
    return "";
}

/// One element of an alerting rule's result and its history. Identity: `labels` (alertname among them).
struct Alert {
    Labels labels;
    Labels annotations;
    AlertState state = AlertState::pending;
    double value = 0;                    ///< the expression's value when last true
    Instant active_at{};                 ///< first evaluation that was true
    std::optional<Instant> fired_at;     ///< set once firing
    std::optional<Instant> resolved_at;  ///< set once resolved
    std::optional<Instant> false_since;  ///< first false evaluation while keep_firing_for runs
    friend bool operator==(const Alert&, const Alert&) = default;
};

}  // namespace outrider
