// A shard on a thread of its own with the samples and traces of its sessions, for tests against servers on loopback.
#pragma once

#include <catch2/catch.hpp>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "live_samples.h"
#include "probes/session_limits.h"
#include "probes/shard.h"
#include "probes/trace_board.h"

namespace outrider::probes::test {

class ShardUnderTest final : public SampleSink {
public:
    explicit ShardUnderTest(const std::vector<Target>& targets, const SessionLimits& limits = {})
        : shard_(clock_, *this, 1, nullptr, &traces, limits) {
        for (const auto& target : targets) shard_.watch(target);
        thread_ = std::jthread{[this](std::stop_token stop) { shard_.run(stop); }};
    }

    bool offer(Sample&& sample) noexcept override {
        {
            const std::scoped_lock lock{mutex_};
            samples_.push_back(std::move(sample));
        }
        arrived_.notify_all();
        return true;
    }

    /// The first sample that satisfies the predicate; fails the test after 20 s, with all traces.
    Sample wait_for(const std::function<bool(const Sample&)>& wanted) {
        std::unique_lock lock{mutex_};
        std::size_t seen = 0;
        std::optional<Sample> found;
        arrived_.wait_for(lock, std::chrono::seconds{20}, [&] {
            for (; seen < samples_.size() && !found; ++seen)
                if (wanted(samples_[seen])) found = samples_[seen];
            return found.has_value();
        });
        if (!found) UNSCOPED_INFO(trace(TargetId{0}));
        REQUIRE(found);
        return *found;
    }

    Sample wait_for_outcome(Outcome wanted, TargetId target = TargetId{0}) {
        INFO("waiting for " << to_string(wanted));
        return wait_for([&](const Sample& s) { return s.target == target && s.outcome == wanted; });
    }

    /// The events of a target, one "kind: text" after the other.
    [[nodiscard]] std::string trace(TargetId target = TargetId{0}) const {
        std::string out;
        for (const auto& event : traces.events(target))
            out += std::string{to_string(event.kind)} + ": " + event.text + "\n";
        return out;
    }

    std::vector<Sample> samples() {
        const std::scoped_lock lock{mutex_};
        return samples_;
    }

    TraceBoard traces;

private:
    RealClock clock_;
    std::mutex mutex_;  // guards samples_
    std::condition_variable arrived_;
    std::vector<Sample> samples_;
    Shard shard_;
    std::jthread thread_;
};

}  // namespace outrider::probes::test
