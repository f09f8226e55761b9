#include "probes/meters/lag.h"

#include <catch2/catch.hpp>
#include <random>

using namespace outrider;
using namespace outrider::probes;
using namespace std::chrono_literals;

namespace {

const Instant kStart{1'700'000'000s};
constexpr Duration kFrame = 40ms;

/// A stream at 25 frames a second whose unit i is sent at i * 40 ms and arrives `late` after that.
struct Stream {
    LagMeter meter;
    Duration timestamp_offset{};

    Placement frame(int i, Duration late) {
        return meter.place({.kind = TrackKind::video,
                            .dts = kFrame * i + timestamp_offset,
                            .pts = {},
                            .duration = {},
                            .keyframe = i % 50 == 0,
                            .size = 1000,
                            .arrival = kStart + kFrame * i + late});
    }
    double lag_at(Duration at) { return seconds(meter.lag(kStart + at).value()); }
};

}  // namespace

TEST_CASE("lag: unknown before the first unit, zero on time", "[probes][lag]") {
    Stream s;
    CHECK_FALSE(s.meter.lag(kStart).has_value());
    for (int i = 0; i < 100; ++i) s.frame(i, 20ms);
    CHECK(s.lag_at(99 * kFrame + 20ms) == Approx(0).margin(1e-9));
}

TEST_CASE("lag: a late unit is as late as it is, and silence grows with the clock", "[probes][lag]") {
    // | unit | sent | arrives | lag then |
    // | 0-99 | on time         | 0        |
    // | 100  | 4.00 | 4.52    | 0.5      |   20 ms is the best transit
    // | none after            -> at 6.54 the unit due at 4.06 is 2.48 late
    Stream s;
    for (int i = 0; i < 100; ++i) s.frame(i, 20ms);
    s.frame(100, 520ms);
    CHECK(s.lag_at(4'520ms) == Approx(0.5));
    CHECK(s.lag_at(6'540ms) == Approx(2.48));
}

TEST_CASE("lag: recovers when the backlog has drained", "[probes][lag]") {
    Stream s;
    for (int i = 0; i < 100; ++i) s.frame(i, 0ms);
    for (int i = 100; i < 150; ++i) s.frame(i, 2s - kFrame * (i - 100));  // all at t = 6 s
    for (int i = 150; i < 160; ++i) s.frame(i, 0ms);
    CHECK(s.lag_at(159 * kFrame) == Approx(0).margin(1e-9));
}

TEST_CASE("lag: a GOP cache at the start is not taken for a better best", "[probes][lag]") {
    // 2 s of cached media arrive within 100 ms, then live at its pace: the cache was late media, the live edge is best.
    Stream s;
    for (int i = 0; i < 50; ++i) s.frame(i, 2s - kFrame * i + 2ms * i);
    for (int i = 50; i < 200; ++i) {
        s.frame(i, 100ms);
        CHECK(s.lag_at(kFrame * i + 100ms) == Approx(0).margin(1e-9));
    }
    CHECK(s.meter.restarts() == 0);
}

TEST_CASE("lag: a timestamp jump begins a new timeline and is no lag", "[probes][lag]") {
    const auto jump = GENERATE(Duration{3600s}, Duration{5s}, Duration{-10s}, Duration{-3600s});
    Stream s;
    for (int i = 0; i < 100; ++i) s.frame(i, 20ms);
    s.timestamp_offset = jump;
    const auto end = s.meter.newest_end();
    const auto placed = s.frame(100, 20ms);
    CHECK(placed.restarted);
    CHECK(placed.begin == end);  // the continuous axis goes on
    for (int i = 101; i < 200; ++i) {
        s.frame(i, 20ms);
        CHECK(s.lag_at(kFrame * i + 20ms) == Approx(0).margin(1e-9));
    }
    CHECK(s.meter.restarts() == 1);
}

TEST_CASE("lag: media that the server dropped to catch up is no jump", "[probes][lag]") {
    Stream s;
    for (int i = 0; i < 100; ++i) s.frame(i, 20ms);
    s.frame(100, 3s);
    s.frame(175, 20ms);  // three seconds further on, on time again
    CHECK(s.meter.restarts() == 0);
    CHECK(s.lag_at(175 * kFrame + 20ms) == Approx(0).margin(1e-9));
}

TEST_CASE("lag: drift of the encoder's clock moves best, not lag", "[probes][lag][drift]") {
    // An hour at 25 frames a second; media time runs at 1 + ppm/10^6 of real time; arrival jitter of up to 10 ms.
    const auto ppm = GENERATE(-2000, -1000, 1000, 2000);
    LagMeter meter;
    std::mt19937 random{42};
    std::uniform_int_distribution<int> jitter_us{0, 10'000};
    double worst = 0;
    for (int i = 0; i < 25 * 3600; ++i) {
        const auto sent = kStart + kFrame * i;
        const auto dts = from_seconds(0.04 * i * (1 + ppm * 1e-6));
        const auto arrival = sent + std::chrono::microseconds{jitter_us(random)};
        meter.place({.kind = TrackKind::video,
                     .dts = dts,
                     .pts = dts,
                     .duration = {},
                     .keyframe = false,
                     .size = 1,
                     .arrival = arrival});
        worst = std::max(worst, seconds(meter.lag(arrival).value()));
    }
    // Until a minute of history is there, drift passes for lag: 60 s x 2,000 ppm = 0.12 s.
    INFO("ppm " << ppm << ", worst lag " << worst);
    CHECK(worst < 0.14);
    CHECK(meter.restarts() == 0);
}

TEST_CASE("lag: a path that gets 200 ms later in a minute is 200 ms late, and no drift", "[probes][lag][drift]") {
    Stream s;
    int i = 0;
    for (; i < 25 * 600; ++i) s.frame(i, 20ms);
    for (; i < 25 * 660; ++i) s.frame(i, 20ms + 200ms * (i - 25 * 600) / (25 * 60));
    CHECK(s.lag_at(kFrame * (i - 1) + 220ms) == Approx(0.2).margin(0.01));
    for (; i < 25 * 960; ++i) s.frame(i, 220ms);
    CHECK(s.lag_at(kFrame * (i - 1) + 220ms) == Approx(0.2).margin(0.02));  // and it stays so
}

TEST_CASE("lag: a stream delivered at 99 % of its pace falls behind, from its beginning on", "[probes][lag][drift]") {
    Stream s;
    Duration late{};
    int i = 0;
    const auto fall_behind = [&](int frames, Duration each) {
        for (const int end = i + frames; i < end; ++i) s.frame(i, late += each);
        return s.lag_at(kFrame * (i - 1) + late);
    };
    CHECK(fall_behind(25 * 60, 400us) == Approx(0.6).margin(0.01));
    CHECK(fall_behind(25 * 540, 400us) == Approx(6.0).margin(0.15));  // ten minutes, in steps of 10 s
    CHECK(fall_behind(25 * 600, 400us) == Approx(6.0).margin(0.2));   // the best of ten minutes is all that counts
}

TEST_CASE("lag: what is slower by less than drift may be passes for it, in time", "[probes][lag][drift]") {
    // The limit of all this: 99.9 % after ten good minutes is lag, until most of the window has been so.
    Stream s;
    int i = 0;
    double worst = 0;
    Duration late{};
    for (; i < 25 * 600; ++i) s.frame(i, 0ms);
    for (; i < 25 * 1'800; ++i) {
        s.frame(i, late += 40us);
        worst = std::max(worst, s.lag_at(kFrame * i + late));
    }
    CHECK(worst == Approx(0.45).margin(0.1));
    CHECK(s.lag_at(kFrame * (i - 1) + late) == Approx(0).margin(0.03));
}

TEST_CASE("lag: a lasting congestion is not mistaken for drift", "[probes][lag]") {
    Stream s;
    int i = 0;
    for (; i < 25 * 240; ++i) s.frame(i, 20ms);
    for (; i < 25 * 480; ++i) s.frame(i, 3'020ms);
    CHECK(s.lag_at(kFrame * (i - 1) + 3'020ms) == Approx(3.0).margin(0.05));
}

TEST_CASE("lag: best forgets what is older than ten minutes", "[probes][lag]") {
    Stream s;
    int i = 0;
    for (; i < 25 * 60; ++i) s.frame(i, 0ms);
    for (; i < 25 * 60 + 25 * 620; ++i) s.frame(i, 30ms);  // the route became 30 ms longer
    CHECK(s.lag_at(kFrame * (i - 1) + 30ms) == Approx(0).margin(1e-3));
}

TEST_CASE("lag: after a reconnect, repeated media is known and new timestamps are no fault", "[probes][lag]") {
    Stream s;
    for (int i = 0; i < 250; ++i) s.frame(i, 20ms);
    s.meter.reconnected();
    SECTION("the server repeats its last second, then goes on") {
        for (int i = 225; i < 260; ++i) {
            const auto placed = s.meter.place({.kind = TrackKind::video,
                                               .dts = kFrame * i,
                                               .pts = {},
                                               .duration = {},
                                               .keyframe = false,
                                               .size = 1,
                                               .arrival = kStart + 11s + 1ms * i});
            CHECK(placed.newest == (i >= 250));
        }
        CHECK(s.meter.restarts() == 0);
    }
    SECTION("the server counts from zero for each client") {
        const auto placed = s.meter.place({.kind = TrackKind::video,
                                           .dts = 0ms,
                                           .pts = {},
                                           .duration = {},
                                           .keyframe = true,
                                           .size = 1,
                                           .arrival = kStart + 100s});
        CHECK(placed.restarted);
        CHECK(s.meter.restarts() == 1);
    }
}

TEST_CASE("lag: an earlier unit after a first one without duration is not newer", "[probes][lag]") {
    LagMeter meter;
    const MediaUnit first{.kind = TrackKind::audio,
                          .dts = 0ms,
                          .pts = {},
                          .duration = 0ms,
                          .keyframe = true,
                          .size = 1,
                          .arrival = kStart};
    CHECK(meter.place(first).newest);
    auto earlier = first;
    earlier.kind = TrackKind::video;
    earlier.dts = -500ms;
    earlier.duration = 40ms;
    CHECK_FALSE(meter.place(earlier).newest);
    CHECK(meter.newest_end() == 0ns);
}
