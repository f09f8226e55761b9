#include "daemon/mailbox.h"

#include <new>
#include <utility>

namespace outrider::app {

bool Mailbox::offer(Sample&& sample) noexcept {
    bool accepted = false;
    bool pressing = false;
    try {
        const std::scoped_lock lock{mutex_};
        if (samples_.size() < capacity_) {
            samples_.push_back(std::move(sample));
            accepted = true;
            pressing = half_full();
        }
    } catch (const std::bad_alloc&) {
        // Out of memory is a full mailbox: the sample is missing, and counted.
    }
    if (!accepted) {
        refused_.fetch_add(1, std::memory_order_relaxed);
        return false;
    }
    if (pressing) pressing_.notify_one();
    return true;
}

std::vector<Sample> Mailbox::take(std::stop_token stop, Duration patience) {
    std::unique_lock lock{mutex_};
    pressing_.wait_for(lock, stop, patience, [this] { return half_full(); });
    return std::exchange(samples_, {});
}

std::size_t Mailbox::size() const {
    const std::scoped_lock lock{mutex_};
    return samples_.size();
}

}  // namespace outrider::app
