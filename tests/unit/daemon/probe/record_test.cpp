#include "daemon/commands/probe/record.h"

#include <catch2/catch.hpp>

#include "unit/daemon/probe/record_fixture.h"

using namespace outrider;
using namespace outrider::app;
using namespace outrider::app::test;
using namespace std::chrono_literals;

TEST_CASE("probe record: the worst of the run stays, the newest is the newest", "[daemon][probe]") {
    auto r = record();
    auto first = media(1, 0.5);
    first.readings.push_back({Metric::video_frame_gap_seconds, {}, 0.3});
    r.take(first);
    r.take(media(2, 0.1));
    CHECK(r.worst_lag == 0.5);
    CHECK(r.worst_gap == 0.3);
    CHECK(r.value(Metric::lag_seconds) == 0.1);
    CHECK_FALSE(r.value(Metric::video_frame_gap_seconds));
    CHECK_FALSE(r.value_of("outrider_of_a_later_version"));
}

TEST_CASE("probe record: bit rate is that of the last five seconds, and known after one", "[daemon][probe]") {
    auto r = record();
    const auto take = [&](double bytes, Duration after) {
        r.take(sample(Outcome::ok, {{Metric::received_bytes_total, {}, bytes}}, after));
    };
    take(0, 0s);  // nothing came yet: the wait is not part of the rate
    take(1000, 1s);
    CHECK_FALSE(r.bits_per_second());
    take(2000, 2s);
    CHECK(r.bits_per_second() == 8000.0);
    for (int second = 3; second <= 20; ++second) take(2000 + 125 * second, std::chrono::seconds{second});
    CHECK(r.bits_per_second() == 1000.0);
}

TEST_CASE("probe record: the worst five seconds of loss, or the whole of a short run", "[daemon][probe]") {
    auto r = record();
    r.take(losses("rtp", 0, 0, 0s));
    r.take(losses("rtp", 100, 10, 1s));
    CHECK_FALSE(r.losses["rtp"].worst_window);
    CHECK(r.losses["rtp"].worst() == Approx(0.1));
    for (int second = 2; second <= 20; ++second) r.take(losses("rtp", 100 * second, 10, std::chrono::seconds{second}));
    CHECK(r.losses["rtp"].worst() == Approx(10.0 / 500));
    CHECK(r.losses["rtp"].ratio() == Approx(10.0 / 2000));
}

TEST_CASE("probe record: failures before and after media are told apart", "[daemon][probe]") {
    auto r = record();
    r.take(sample(Outcome::refused, {}));
    CHECK(r.failed_before_media == Outcome::refused);
    r.take(media(1, 0));
    r.take(sample(Outcome::reset, {{Metric::media_seconds_total, {}, 1}}));
    r.take(sample(Outcome::stopped, {}));  // by ourselves
    CHECK(r.lost_after_media == Outcome::reset);
    CHECK(r.last_failure == Outcome::reset);
}

TEST_CASE("probe record: the trace is bounded", "[daemon][probe]") {
    auto r = record();
    for (std::uint64_t number = 1; number <= 5000; ++number)
        r.trace.take(TraceEvent{.number = number, .at = kStart, .kind = TraceKind::connect, .text = "x"});
    CHECK(r.trace.events.size() == 1000);
    CHECK(r.trace.events.back().number == 5000);
    CHECK(r.trace.newest == 5000);
}
