#include "probes/meters/stream_meter.h"

#include <catch2/catch.hpp>

using namespace outrider;
using namespace outrider::probes;
using namespace std::chrono_literals;

namespace {

const Instant kStart{1'700'000'000s};

struct Bench {
    StreamMeter meter{{{.name = "2s", .start = 2s, .resume = 2s}}, kStart};

    Bench() { meter.connection_begins(kStart); }
    void frame(Duration dts, Duration arrival) {
        meter.on_unit({.kind = TrackKind::video,
                       .dts = dts,
                       .pts = dts,
                       .duration = {},
                       .keyframe = true,
                       .size = 1,
                       .arrival = kStart + arrival});
    }
    std::optional<double> value(Metric metric, Duration at, std::string_view extra = {}) {
        for (const auto& reading : meter.readings(kStart + at))
            if (reading.metric == metric && reading.extra.view() == extra) return reading.value;
        return std::nullopt;
    }
};

}  // namespace

TEST_CASE("stream: before media nothing is claimed", "[probes][stream]") {
    Bench bench;
    CHECK(bench.value(Metric::up, 1s) == 0.0);
    CHECK(bench.value(Metric::connections_total, 1s) == 1.0);
    CHECK_FALSE(bench.value(Metric::lag_seconds, 1s));
    CHECK_FALSE(bench.value(Metric::viewer_buffer_seconds, 1s, "2s"));
    CHECK(bench.meter.outcome() == Outcome::connecting);
}

TEST_CASE("stream: rounded timestamps lose no media", "[probes][stream]") {
    // 30 frames a second in whole milliseconds: steps of 33 and 34.
    Bench bench;
    for (int i = 0; i < 300; ++i) {
        const Duration dts = std::chrono::milliseconds{(i * 1000 + 15) / 30};
        bench.frame(dts, dts);
    }
    CHECK(bench.value(Metric::media_seconds_total, 10s).value() == Approx(10).margin(0.01));
    CHECK(bench.value(Metric::delivery_ratio, 10s) == std::nullopt);  // one look only
}

TEST_CASE("stream: media that the server dropped to catch up is in nobody's buffer", "[probes][stream]") {
    // | media 0..4 s on time | nothing until 8 s | then media from 8 s on: 4 s were left out |
    Bench bench;
    for (int i = 0; i < 100; ++i) bench.frame(40ms * i, 40ms * i);
    CHECK(bench.value(Metric::viewer_buffer_seconds, 4s, "2s").value() == Approx(2).margin(0.05));
    for (int i = 200; i < 250; ++i) bench.frame(40ms * i, 8s);
    CHECK(bench.value(Metric::media_seconds_total, 8s).value() == Approx(6).margin(0.05));
    CHECK(bench.value(Metric::viewer_buffer_seconds, 8s, "2s").value() == Approx(2).margin(0.05));
    CHECK(bench.value(Metric::viewer_stalls_total, 8s, "2s") == 1.0);
    CHECK(bench.value(Metric::viewer_stall_seconds_total, 8s, "2s").value() == Approx(2).margin(0.05));
}

TEST_CASE("stream: the end of a connection is counted by its reason, and lag goes on", "[probes][stream]") {
    Bench bench;
    for (int i = 0; i < 100; ++i) bench.frame(40ms * i, 40ms * i);
    bench.meter.connection_ends(Outcome::reset);
    CHECK(bench.meter.outcome() == Outcome::reset);
    CHECK(bench.value(Metric::up, 5s) == 0.0);
    CHECK(bench.value(Metric::connection_ends_total, 5s, "reset") == 1.0);
    CHECK(bench.value(Metric::lag_seconds, 7s).value() == Approx(3).margin(0.05));
    bench.meter.connection_begins(kStart + 7s);
    CHECK(bench.meter.outcome() == Outcome::reset);  // until media comes, the loss is what is known
    bench.frame(7s, 7s);
    CHECK(bench.meter.outcome() == Outcome::ok);
}
