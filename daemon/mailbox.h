// The bounded queue between the probes and the engine: reactor threads put samples in, the engine thread takes all.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <stop_token>
#include <vector>

#include "outrider/sample.h"
#include "outrider/time.h"

namespace outrider::app {

class Mailbox final : public SampleSink {
public:
    /// Holds at most `capacity` samples; what comes beyond is refused and counted, and turns into missing data.
    explicit Mailbox(std::size_t capacity) : capacity_(capacity) {}

    bool offer(Sample&& sample) noexcept override;

    /// All samples that came in `patience`, in order of arrival; sooner when it is half full, or on stop. Samples are
    /// taken together because a wake-up costs more than a sample.
    [[nodiscard]] std::vector<Sample> take(std::stop_token stop, Duration patience);

    [[nodiscard]] std::uint64_t refused() const noexcept { return refused_.load(std::memory_order_relaxed); }
    [[nodiscard]] std::size_t size() const;

private:
    [[nodiscard]] bool half_full() const noexcept { return samples_.size() * 2 >= capacity_; }

    const std::size_t capacity_;
    mutable std::mutex mutex_;              // guards samples_
    std::condition_variable_any pressing_;  // it is half full
    std::vector<Sample> samples_;
    std::atomic<std::uint64_t> refused_{0};
};

}  // namespace outrider::app
