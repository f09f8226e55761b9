// What tests against servers on loopback share: a real clock, and the samples that came.
#pragma once

#include <catch2/catch.hpp>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "outrider/metric.h"
#include "outrider/sample.h"
#include "outrider/time.h"

namespace outrider::probes::test {

inline Instant wall_now() { return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now()); }

/// Real sockets need a real clock.
class RealClock final : public Clock {
public:
    [[nodiscard]] Instant now() const noexcept override { return wall_now(); }
    [[nodiscard]] Duration uptime() const noexcept override {
        return std::chrono::steady_clock::now().time_since_epoch();
    }
};

/// Keeps all samples and lets the test wait for one.
class Samples final : public SampleSink {
public:
    bool offer(Sample&& sample) noexcept override {
        {
            const std::scoped_lock lock{mutex_};
            samples_.push_back(std::move(sample));
        }
        arrived_.notify_all();
        return true;
    }
    /// Until one satisfies the predicate; fails the test after 20 s, with what `explain` then says.
    Sample wait_for(const std::function<bool(const Sample&)>& wanted,
                    const std::function<std::string()>& explain = {}) {
        std::unique_lock lock{mutex_};
        std::size_t seen = 0;
        std::optional<Sample> found;
        arrived_.wait_for(lock, std::chrono::seconds{20}, [&] {
            for (; seen < samples_.size() && !found; ++seen)
                if (wanted(samples_[seen])) found = samples_[seen];
            return found.has_value();
        });
        if (!found && !samples_.empty()) {
            std::string last{to_string(samples_.back().outcome)};
            for (const auto& r : samples_.back().readings)
                last += "\n  " + std::string{info(r.metric).name} + "{" + std::string{r.extra.view()} +
                        "} = " + std::to_string(r.value);
            UNSCOPED_INFO("last sample: " << last);
        }
        if (!found && explain) UNSCOPED_INFO(explain());
        REQUIRE(found);
        return *found;
    }
    std::vector<Sample> all() {
        const std::scoped_lock lock{mutex_};
        return samples_;
    }

private:
    std::mutex mutex_;  // guards samples_
    std::condition_variable arrived_;
    std::vector<Sample> samples_;
};

/// nullopt where the sample has none.
inline std::optional<double> reading(const Sample& sample, Metric metric, std::string_view extra = {}) {
    for (const auto& r : sample.readings)
        if (r.metric == metric && r.extra.view() == extra) return r.value;
    return std::nullopt;
}

}  // namespace outrider::probes::test
