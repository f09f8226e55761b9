// What the tests of notifier threads share: a clock that stands until a test moves it, and waiting.
#pragma once

#include <atomic>
#include <chrono>
#include <thread>

#include "unit/daemon/book_fixture.h"

namespace outrider::app::test {

class StandingClock final : public Clock {
public:
    explicit StandingClock(double s) : now_(at(s)) {}
    [[nodiscard]] Instant now() const noexcept override { return now_; }
    [[nodiscard]] Duration uptime() const noexcept override { return now_.load().time_since_epoch(); }
    void set(double s) { now_ = at(s); }

private:
    std::atomic<Instant> now_;
};

/// Waits for what another thread does; false after 10 s. For counters, which have no condition to wait on.
template <class Predicate>
[[nodiscard]] bool eventually(Predicate predicate) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds{10};
    while (!predicate()) {
        if (std::chrono::steady_clock::now() > until) return false;
        std::this_thread::yield();
    }
    return true;
}

}  // namespace outrider::app::test
