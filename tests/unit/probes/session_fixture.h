// A shard on a thread of its own with the samples and traces of its sessions, for tests against servers on loopback.
#pragma once

#include <catch2/catch.hpp>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "live_samples.h"
#include "probes/session_limits.h"
#include "probes/shard.h"
#include "probes/trace_board.h"

namespace outrider::probes::test {

class ShardUnderTest {
public:
    explicit ShardUnderTest(const std::vector<Target>& targets, const SessionLimits& limits = {})
        : shard_(clock_, samples_, 1, nullptr, &traces, limits) {
        for (const auto& target : targets) shard_.watch(target);
        thread_ = std::jthread{[this](std::stop_token stop) { shard_.run(stop); }};
    }

    /// The first sample that satisfies the predicate; fails the test after 20 s, with the first target's trace.
    Sample wait_for(const std::function<bool(const Sample&)>& wanted) {
        return samples_.wait_for(wanted, [this] { return trace(); });
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

    std::vector<Sample> samples() { return samples_.all(); }

    TraceBoard traces;

private:
    RealClock clock_;
    Samples samples_;
    Shard shard_;
    std::jthread thread_;
};

}  // namespace outrider::probes::test
