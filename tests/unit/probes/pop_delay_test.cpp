#include "probes/pop_delay.h"

#include <catch2/catch.hpp>

using namespace outrider;
using namespace outrider::probes;
using namespace std::chrono_literals;

namespace {

const Instant kStart{1'700'000'000s};

Target target(std::uint32_t id, std::string stream = "demo") {
    return {.id = TargetId{id},
            .stream = std::move(stream),
            .pop = "p" + std::to_string(id),
            .protocol = "httpflv",
            .url = {},
            .connect_to = {},
            .viewers = {},
            .heartbeat = 200ms};
}

}  // namespace

TEST_CASE("pop delay: the later POP's delay is the difference of the arrivals", "[probes][pop_delay]") {
    PopDelayBoard board;
    board.saw(target(0), {.fingerprint = 7, .arrival = kStart});
    CHECK_FALSE(board.delay(TargetId{0}, kStart));  // nobody to compare with
    board.saw(target(1), {.fingerprint = 7, .arrival = kStart + 80ms});
    CHECK(board.delay(TargetId{0}, kStart + 1s) == 0ms);
    CHECK(board.delay(TargetId{1}, kStart + 1s) == 80ms);
}

TEST_CASE("pop delay: the order of the reports makes no difference", "[probes][pop_delay]") {
    PopDelayBoard board;
    board.saw(target(2), {.fingerprint = 7, .arrival = kStart + 120ms});
    board.saw(target(1), {.fingerprint = 7, .arrival = kStart + 80ms});
    board.saw(target(0), {.fingerprint = 7, .arrival = kStart});
    CHECK(board.delay(TargetId{0}, kStart + 1s) == 0ms);
    CHECK(board.delay(TargetId{1}, kStart + 1s) == 80ms);
    CHECK(board.delay(TargetId{2}, kStart + 1s) == 120ms);
}

TEST_CASE("pop delay: the newest shared frame counts, and only while it is fresh", "[probes][pop_delay]") {
    PopDelayBoard board;
    for (std::uint64_t i = 0; i < 100; ++i) {
        board.saw(target(0), {.fingerprint = i, .arrival = kStart + 2s * i});
        board.saw(target(1), {.fingerprint = i, .arrival = kStart + 2s * i + 10ms * (i % 5)});
    }
    CHECK(board.delay(TargetId{1}, kStart + 199s) == 40ms);
    CHECK_FALSE(board.delay(TargetId{1}, kStart + 230s));
}

TEST_CASE("pop delay: streams are apart, and a picture shown again is a new frame", "[probes][pop_delay]") {
    PopDelayBoard board;
    board.saw(target(0, "a"), {.fingerprint = 7, .arrival = kStart});
    board.saw(target(1, "b"), {.fingerprint = 7, .arrival = kStart + 1s});
    CHECK_FALSE(board.delay(TargetId{1}, kStart + 2s));
    board.saw(target(2, "a"), {.fingerprint = 7, .arrival = kStart + 50ms});
    CHECK(board.delay(TargetId{2}, kStart + 1s) == 50ms);
    board.saw(target(2, "a"), {.fingerprint = 7, .arrival = kStart + 20s});
    board.saw(target(0, "a"), {.fingerprint = 7, .arrival = kStart + 20'030ms});
    CHECK(board.delay(TargetId{0}, kStart + 21s) == 30ms);
    CHECK(board.delay(TargetId{2}, kStart + 21s) == 0ms);
}

TEST_CASE("pop delay: pushed protocols are compared with each other, segments with segments", "[probes][pop_delay]") {
    const auto over = [](std::uint32_t id, std::string protocol) {
        auto made = target(id);
        made.protocol = std::move(protocol);
        return made;
    };
    PopDelayBoard board;
    board.saw(over(0, "rtmp"), {.fingerprint = 7, .arrival = kStart});
    board.saw(over(1, "srt"), {.fingerprint = 7, .arrival = kStart + 120ms});
    board.saw(over(2, "hls"), {.fingerprint = 7, .arrival = kStart + 5s});
    CHECK(board.delay(TargetId{1}, kStart + 6s) == 120ms);
    CHECK_FALSE(board.delay(TargetId{2}, kStart + 6s));
    board.saw(over(3, "hls"), {.fingerprint = 7, .arrival = kStart + 6s});
    CHECK(board.delay(TargetId{2}, kStart + 6s) == 0ms);
    CHECK(board.delay(TargetId{3}, kStart + 6s) == 1s);
    CHECK(board.delay(TargetId{1}, kStart + 6s) == 120ms);
}
