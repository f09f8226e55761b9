#include "probes/meters/rtp_clock.h"

#include <catch2/catch.hpp>

using namespace outrider;
using namespace outrider::probes;
using namespace std::chrono_literals;

namespace {

const Instant kStart{1'772'348'709s};

RtpPacket packet(std::uint32_t timestamp, std::uint32_t ssrc = 7) {
    return {.marker = false, .payload_type = 33, .sequence = 0, .timestamp = timestamp, .ssrc = ssrc, .payload = {}};
}
SenderReport report(Instant ntp, std::uint32_t timestamp, std::uint32_t ssrc = 7) {
    return {.ssrc = ssrc, .ntp = ntp, .rtp_timestamp = timestamp, .packets = 0, .octets = 0};
}

}  // namespace

TEST_CASE("rtp clock: the newest media's age by the sender's clock", "[probes][rtp][latency]") {
    RtpClock clock;
    CHECK_FALSE(clock.latency(kStart));
    clock.on_packet(packet(0xFFFFFFF0U));
    CHECK_FALSE(clock.latency(kStart));
    clock.on_report(report(kStart - 2s, 0xFFFFFFF0U), kStart);
    CHECK(clock.latency(kStart) == 2s);
    clock.on_packet(packet(90'000U - 16U));  // a second on, across the wrap
    CHECK(clock.latency(kStart + 1s) == 2s);
    clock.on_packet(packet(45'000));  // a reordered one is not the newest
    CHECK(clock.latency(kStart + 1s) == 2s);
    CHECK(clock.latency(kStart + 4s) == 5s);  // and silence ages it
    CHECK_FALSE(clock.latency(kStart + 2h));
}

TEST_CASE("rtp clock: a clock ahead of ours is told as it is, an absurd one not at all", "[probes][rtp][latency]") {
    RtpClock clock;
    clock.on_packet(packet(0));
    clock.on_report(report(Instant{1s}, 0), kStart);
    clock.on_report(report(kStart + 48h, 0), kStart);
    CHECK_FALSE(clock.latency(kStart));
    clock.on_report(report(kStart + 1s, 0), kStart);
    CHECK(clock.latency(kStart) == -1s);
}

TEST_CASE("rtp clock: reports are of one source", "[probes][rtp][latency]") {
    RtpClock clock;
    clock.on_packet(packet(0));
    clock.on_report(report(kStart - 1s, 0, 8), kStart);
    CHECK_FALSE(clock.latency(kStart));
    clock.on_report(report(kStart - 1s, 0), kStart);
    CHECK(clock.latency(kStart) == 1s);
    clock.on_packet(packet(500'000, 9));  // another sender took over
    CHECK_FALSE(clock.latency(kStart));
}
