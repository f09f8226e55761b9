// The one place where the program reads a clock.
#pragma once

#include "outrider/time.h"

namespace outrider::app {

/// UTC carried on the monotonic clock from one reading of the system clock at construction: a later step of the system
/// clock moves no timestamp of ours, it shows in `system_offset`. Any thread.
class SystemClock final : public Clock {
public:
    SystemClock();
    [[nodiscard]] Instant now() const noexcept override;
    [[nodiscard]] Duration uptime() const noexcept override;

    /// The system's UTC minus ours: what the system clock has been stepped or slewed by since construction.
    [[nodiscard]] Duration system_offset() const noexcept;

private:
    Instant anchor_utc_;
    Duration anchor_uptime_;
};

}  // namespace outrider::app
