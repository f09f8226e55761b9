#include "probes/meters/cadence.h"

#include <catch2/catch.hpp>

#include "probes/backoff.h"

using namespace outrider;
using namespace outrider::probes;
using namespace std::chrono_literals;

namespace {
const Instant kStart{1'700'000'000s};
MediaUnit video(Duration dts, Instant arrival, bool key = false) {
    return {.kind = TrackKind::video,
            .dts = dts,
            .pts = dts,
            .duration = {},
            .keyframe = key,
            .size = 1,
            .arrival = arrival};
}
}  // namespace

TEST_CASE("cadence: the rate of the last five seconds, unknown before", "[probes][cadence]") {
    RateWindow window;
    for (int i = 0; i < 25; ++i) window.note(kStart + 200ms * i, i * 0.2);
    CHECK_FALSE(window.per_second().has_value());
    for (int i = 25; i < 60; ++i) window.note(kStart + 200ms * i, i * 0.2);
    REQUIRE(window.per_second().has_value());
    CHECK(*window.per_second() == Approx(1.0));
    for (int i = 60; i < 90; ++i) window.note(kStart + 200ms * i, 60 * 0.2);  // nothing more comes
    CHECK(*window.per_second() == Approx(0.0).margin(1e-9));
}

TEST_CASE("cadence: the frame gap counts the wait that still goes on", "[probes][cadence]") {
    CadenceMeter meter;
    CHECK_FALSE(meter.take_gap(kStart).has_value());
    meter.on_unit(video(0ms, kStart));
    meter.on_unit(video(40ms, kStart + 300ms));
    CHECK(meter.take_gap(kStart + 350ms) == 300ms);
    CHECK(meter.take_gap(kStart + 900ms) == 600ms);
}

TEST_CASE("cadence: the keyframe interval is media time", "[probes][cadence]") {
    CadenceMeter meter;
    meter.on_unit(video(0ms, kStart, true));
    CHECK_FALSE(meter.keyframe_interval().has_value());
    meter.on_unit(video(2s, kStart + 1s, true));
    CHECK(meter.keyframe_interval() == 2s);
    CHECK(meter.frames() == 2);
}

TEST_CASE("backoff: doubles to eight seconds, spread by half, and starts anew", "[probes][backoff]") {
    Backoff backoff{7};
    const Duration planned[] = {500ms, 1s, 2s, 4s, 8s, 8s, 8s};
    for (const auto p : planned) {
        const auto wait = backoff.next();
        CHECK(wait >= p / 2);
        CHECK(wait <= p * 3 / 2);
    }
    backoff.reset();
    CHECK(backoff.next() <= 750ms);
    CHECK(Backoff{1}.next() != Backoff{2}.next());
}
