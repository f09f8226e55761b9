#include "probes/meters/playout.h"

#include <catch2/catch.hpp>

using namespace outrider;
using namespace outrider::probes;
using namespace std::chrono_literals;

namespace {
const Instant kStart{1'700'000'000s};
const ViewerSpec kOne{.name = "1s", .start = 1s, .resume = 1s};
}  // namespace

TEST_CASE("playout: the trace of the header", "[probes][playout]") {
    Playout viewer{kOne, kStart};
    viewer.on_media(0s, 2s, kStart);
    CHECK(viewer.startup() == Duration{0});
    viewer.advance(kStart + 1'500ms);
    CHECK(viewer.buffer() == 500ms);
    CHECK(viewer.stalls() == 0);
    viewer.advance(kStart + 3s);  // noticed late, but the stall began at 2.0
    CHECK(viewer.is_stalled());
    CHECK(viewer.stalled() == 1s);
    viewer.on_media(2s, 3s, kStart + 5s);
    CHECK_FALSE(viewer.is_stalled());
    CHECK(viewer.stalls() == 1);
    CHECK(viewer.stalled() == 3s);
    CHECK(viewer.watched() == 5s);
    CHECK(viewer.buffer() == 1s);
}

TEST_CASE("playout: waits for its start buffer, and the wait is not watched time", "[probes][playout]") {
    Playout viewer{{.name = "x", .start = 2s, .resume = 500ms}, kStart};
    CHECK_FALSE(viewer.buffer().has_value());
    viewer.on_media(0s, 1s, kStart + 1s);
    CHECK_FALSE(viewer.startup().has_value());
    CHECK(viewer.buffer() == 1s);
    viewer.on_media(1s, 2s, kStart + 2s);
    CHECK(viewer.startup() == 2s);
    CHECK(viewer.watched() == Duration{0});
    viewer.advance(kStart + 5s);
    CHECK(viewer.stalled() == 1s);
    viewer.on_media(2s, 2'400ms, kStart + 5s);
    CHECK(viewer.is_stalled());  // 0.4 s are fewer than resume wants
    viewer.on_media(2'400ms, 2'500ms, kStart + 5s);
    CHECK_FALSE(viewer.is_stalled());
    CHECK(viewer.stalls() == 1);
}

TEST_CASE("playout: media to the moment keeps it playing", "[probes][playout]") {
    Playout viewer{kOne, kStart};
    viewer.on_media(0s, 1s, kStart);
    for (int i = 1; i <= 600; ++i) viewer.on_media(1s * i, 1s * (i + 1), kStart + 1s * i);
    CHECK(viewer.stalls() == 0);
    CHECK(viewer.watched() == 600s);
}

TEST_CASE("playout: B seconds of buffer stall B seconds after the media stops", "[probes][playout]") {
    const auto buffer = GENERATE(Duration{500ms}, Duration{1s}, Duration{10s});
    Playout viewer{{.name = "b", .start = buffer, .resume = buffer}, kStart};
    viewer.on_media(0s, buffer, kStart);
    viewer.advance(kStart + buffer);
    CHECK_FALSE(viewer.is_stalled());
    viewer.advance(kStart + buffer + 1ns);
    CHECK(viewer.is_stalled());
}
