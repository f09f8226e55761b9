// Moments as PromQL's numbers.
#pragma once

#include <cstdint>

#include "outrider/time.h"

namespace outrider::rules::promql {

/// Seconds since 1970, as time(), timestamp() and the ts_of_… functions say them. Whole milliseconds, all that
/// Prometheus has, give the very double that it computes; finer ones are exact to about 0.2 microseconds.
[[nodiscard]] constexpr double timestamp_seconds(Instant at) noexcept {
    constexpr std::int64_t kMillisecond = 1'000'000;
    const std::int64_t nanoseconds = at.time_since_epoch().count();
    if (nanoseconds % kMillisecond == 0) return static_cast<double>(nanoseconds / kMillisecond) / 1e3;
    return static_cast<double>(nanoseconds) / 1e9;
}

}  // namespace outrider::rules::promql
