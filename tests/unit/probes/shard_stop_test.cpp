#include <catch2/catch.hpp>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "live_samples.h"
#include "probes/shard.h"

using namespace outrider;
using namespace outrider::probes;
using namespace std::chrono_literals;
using outrider::probes::test::RealClock;

namespace {

/// Holds the shard's thread up until its own timer is overdue, and asks it to stop: that timer has then expired before
/// it can be cancelled.
class LateStopper final : public SampleSink {
public:
    explicit LateStopper(std::stop_source& stop) : stop_(stop) {}
    bool offer(Sample&&) noexcept override {
        std::unique_lock lock{mutex_};
        never_.wait_for(lock, 250ms, [] { return false; });
        stop_.request_stop();
        return true;
    }

private:
    std::stop_source& stop_;
    std::mutex mutex_;  // guards nothing: the wait wants one
    std::condition_variable never_;
};

}  // namespace

TEST_CASE("shard: it stops also when a timer of its own is overdue", "[probes][shard][session]") {
    const RealClock clock;
    for (std::uint64_t seed = 0; seed < 8; ++seed) {
        std::stop_source stop;
        LateStopper sink{stop};
        Shard shard{clock, sink, seed};
        shard.watch({.id = TargetId{0},
                     .stream = "path",
                     .pop = "",
                     .protocol = "path",
                     .url = "tcp://127.0.0.1:1",
                     .connect_to = "",
                     .viewers = {},
                     .heartbeat = 50ms});
        std::mutex mutex;
        std::condition_variable returned;
        bool done = false;
        std::jthread thread{[&] {
            shard.run(stop.get_token());
            const std::scoped_lock lock{mutex};
            done = true;
            returned.notify_all();
        }};
        std::unique_lock lock{mutex};
        REQUIRE(returned.wait_for(lock, 5s, [&] { return done; }));
    }
}
