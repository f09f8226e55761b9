#include "daemon/system_clock.h"

#include <chrono>

namespace outrider::app {
namespace {

Instant system_utc() noexcept { return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now()); }

Duration monotonic() noexcept { return std::chrono::steady_clock::now().time_since_epoch(); }

}  // namespace

SystemClock::SystemClock() : anchor_utc_(system_utc()), anchor_uptime_(monotonic()) {}

Instant SystemClock::now() const noexcept { return anchor_utc_ + (monotonic() - anchor_uptime_); }

Duration SystemClock::uptime() const noexcept { return monotonic(); }

Duration SystemClock::system_offset() const noexcept { return system_utc() - now(); }

}  // namespace outrider::app
