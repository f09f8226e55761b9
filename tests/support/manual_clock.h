// A clock that stands still until a test moves it.
#pragma once

#include "outrider/time.h"

namespace outrider::test {

class ManualClock final : public Clock {
public:
    explicit ManualClock(Instant start = Instant{std::chrono::seconds{1'700'000'000}}) : now_(start) {}
    [[nodiscard]] Instant now() const noexcept override { return now_; }
    [[nodiscard]] Duration uptime() const noexcept override { return now_.time_since_epoch(); }
    void advance(Duration by) { now_ += by; }

private:
    Instant now_;
};

}  // namespace outrider::test
