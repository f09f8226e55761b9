// A session of one target on a thread of its own, and what it reported: for tests against a scripted server.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <thread>

#include "live_samples.h"
#include "outrider/metric.h"
#include "outrider/sample.h"
#include "outrider/target.h"
#include "probes/shard.h"

namespace outrider::probes::test {

using namespace std::chrono_literals;

/// -1 where the sample has none.
inline double value_of(const Sample& sample, Metric metric, std::string_view extra = {}) {
    return reading(sample, metric, extra).value_or(-1);
}

/// A session on a thread of its own for the length of a test.
class Watcher {
public:
    explicit Watcher(std::uint16_t port, std::string path = "/live/list.m3u8") : shard_(clock_, samples, 1) {
        shard_.watch({.id = TargetId{0},
                      .stream = "demo",
                      .pop = "sin1",
                      .protocol = "hls",
                      .url = "http://live.example" + path,
                      .connect_to = "127.0.0.1:" + std::to_string(port),
                      .viewers = {{.name = "1s", .start = 1s, .resume = 1s}},
                      .heartbeat = 50ms});
        thread_ = std::jthread{[this](std::stop_token stop) { shard_.run(stop); }};
    }

    Samples samples;

private:
    RealClock clock_;
    Shard shard_;
    std::jthread thread_;
};

/// Media came in at least `count` segments.
inline bool played(const Sample& sample, double count, std::string_view result = "ok") {
    return value_of(sample, Metric::segments_total, result) >= count;
}

}  // namespace outrider::probes::test
