// What a notifier has done since the start, for /metrics.
#pragma once

#include <atomic>
#include <cstdint>

namespace outrider::app {

/// Monotonic counts of messages (webhook) or of alerts sent (Alertmanager). Written by the notifier's thread, read by
/// any.
struct NotifyCounters {
    std::atomic<std::uint64_t> delivered{0};  ///< accepted with 2xx
    std::atomic<std::uint64_t> retried{0};    ///< not accepted, will be sent again
    std::atomic<std::uint64_t> parked{0};     ///< refused for good, or not fit to be sent
    std::atomic<std::uint64_t> dropped{0};    ///< pushed out of a full queue unsent (Alertmanager only)

    static void add(std::atomic<std::uint64_t>& counter, std::uint64_t n = 1) noexcept {
        counter.fetch_add(n, std::memory_order_relaxed);
    }
};

}  // namespace outrider::app
