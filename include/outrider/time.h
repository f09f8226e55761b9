// Time as the whole program speaks of it: facts carry an Instant, only a Clock's holder may ask for one.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace outrider {

using Duration = std::chrono::nanoseconds;

/// A moment in UTC, nanoseconds since 1970-01-01T00:00:00Z, without leap seconds.
using Instant = std::chrono::sys_time<Duration>;

/// The two clocks there are. `now` is UTC carried on the monotonic clock, so it never steps back; `uptime` is the
/// monotonic clock itself. Implemented by SystemClock (daemon) and ManualClock (tests). Any thread.
class Clock {
public:
    virtual ~Clock() = default;
    [[nodiscard]] virtual Instant now() const noexcept = 0;
    [[nodiscard]] virtual Duration uptime() const noexcept = 0;
};

/// Seconds as a double, the unit of every exported duration.
[[nodiscard]] constexpr double seconds(Duration d) noexcept { return std::chrono::duration<double>(d).count(); }

/// Seconds since 1970 as the nearest double, which is within 0.12 microseconds. Whole seconds and the rest are
/// converted apart: as one number of nanoseconds they are rounded to 0.26 microseconds before the division.
[[nodiscard]] constexpr double unix_seconds(Instant at) noexcept {
    const auto whole = std::chrono::floor<std::chrono::seconds>(at);
    return static_cast<double>(whole.time_since_epoch().count()) + seconds(at - whole);
}

/// The nearest Duration to a number of seconds; want |s| < 9.2e9.
[[nodiscard]] constexpr Duration from_seconds(double s) noexcept {
    return Duration{static_cast<std::int64_t>(s * 1e9 + (s < 0 ? -0.5 : 0.5))};
}

}  // namespace outrider
