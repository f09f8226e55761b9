#include "probes/meters/latency.h"

#include <catch2/catch.hpp>

#include "flv_builder.h"
#include "probes/meters/flv.h"
#include "probes/meters/stream_meter.h"

using namespace outrider;
using namespace outrider::probes;
using namespace outrider::probes::test;
using namespace std::chrono_literals;

namespace {

const Instant kStart{1'772'348'709s};  // 2026-03-01T07:05:09Z

struct Bench {
    StreamMeter meter{{}, kStart};
    Bench() { meter.connection_begins(kStart); }
    void unit(Duration dts, Duration arrival, StreamClock clock = {}, TrackKind kind = TrackKind::video,
              std::uint64_t fingerprint = 0, std::uint32_t format = 0) {
        meter.on_unit({.kind = kind,
                       .dts = dts,
                       .pts = dts,
                       .duration = 40ms,
                       .keyframe = true,
                       .size = 1,
                       .arrival = kStart + arrival,
                       .fingerprint = fingerprint,
                       .format = format,
                       .clock = clock});
    }
    std::optional<double> value(Metric metric, Duration at, std::string_view extra = {}) {
        for (const auto& reading : meter.readings(kStart + at))
            if (reading.metric == metric && reading.extra.view() == extra) return reading.value;
        return std::nullopt;
    }
};

}  // namespace

TEST_CASE("latency: the age of the newest media by the stream's clock, growing while nothing comes",
          "[probes][latency]") {
    Bench bench;
    bench.unit(0s, 0s);
    CHECK_FALSE(bench.value(Metric::latency_seconds, 0s, "sei"));
    bench.unit(1s, 1s, {ClockMethod::sei, kStart - 2s});  // made three seconds before it came
    CHECK(bench.value(Metric::latency_seconds, 1s, "sei").value() == Approx(3.0));
    bench.unit(2s, 2s);  // without a clock of its own
    CHECK(bench.value(Metric::latency_seconds, 2s, "sei").value() == Approx(3.0));
    CHECK(bench.value(Metric::latency_seconds, 5s, "sei").value() == Approx(6.0));
    bench.unit(6s, 6s, {ClockMethod::canary, kStart + 7s});  // a clock ahead of ours
    CHECK(bench.value(Metric::latency_seconds, 6s, "canary").value() == Approx(-1.0));
    CHECK(bench.value(Metric::latency_seconds, 6s, "sei").value() == Approx(3.0));
}

TEST_CASE("latency: absurd times are nobody's, and a new timeline waits for a new clock", "[probes][latency]") {
    Bench bench;
    bench.unit(0s, 0s, {ClockMethod::sei, Instant{1s}});
    bench.unit(40ms, 40ms, {ClockMethod::sei, kStart + 25h});
    bench.unit(80ms, 80ms, {ClockMethod::sei, kStart - 25h});
    CHECK_FALSE(bench.value(Metric::latency_seconds, 80ms, "sei"));
    bench.unit(120ms, 120ms, {ClockMethod::sei, kStart});
    CHECK(bench.value(Metric::latency_seconds, 120ms, "sei"));
    for (int i = 4; i < 100; ++i) bench.unit(40ms * i, 40ms * i);
    bench.unit(10h, 4s);  // a jump
    CHECK_FALSE(bench.value(Metric::latency_seconds, 4s, "sei"));
}

TEST_CASE("latency: onFI's local time is read without its zone", "[probes][latency][flv]") {
    const auto onfi = [](std::string_view time) {
        std::vector<int> head{2, 0, 4, 'o', 'n', 'F', 'I', 8, 0, 0, 0, 2};
        const auto field = [&head](std::string_view name, std::string_view value) {
            head.insert(head.end(), {0, static_cast<int>(name.size())});
            head.insert(head.end(), name.begin(), name.end());
            head.insert(head.end(), {2, 0, static_cast<int>(value.size())});
            head.insert(head.end(), value.begin(), value.end());
        };
        field("sd", "01-03-2026");
        field("st", time);
        FlvBuilder flv;
        flv.file_header().raw({18}).number(static_cast<std::uint32_t>(head.size()), 3).number(1'000, 3).number(0, 4);
        for (const int byte : head) flv.raw({byte});
        return flv.number(static_cast<std::uint32_t>(head.size()) + 11, 4).video(1'000, true);
    };
    const auto zone = GENERATE(as<std::string>{}, "07", "15", "00");  // UTC, Shanghai, Chicago or so
    FlvMeter flv;
    MediaUnits units;
    REQUIRE(flv.feed(onfi(zone + ":05:07.500").bytes(), kStart, units));
    REQUIRE(units.size() == 1);
    CHECK(units[0].clock.method == ClockMethod::onfi);
    StreamMeter meter{{}, kStart};
    meter.on_unit(units[0]);
    bool found = false;
    for (const auto& reading : meter.readings(kStart))
        if (reading.metric == Metric::latency_seconds && reading.extra.view() == "onfi") {
            found = true;
            CHECK(reading.value == Approx(1.5));
        }
    CHECK(found);
}

TEST_CASE("stream: keyframes of a connection's first burst are no sightings, however late it comes",
          "[probes][pop_delay]") {
    Bench bench;
    // Connecting took 3 s; then 4 s of cached media in 200 ms; then live, a keyframe every second.
    for (int i = 0; i < 100; ++i)
        bench.unit(40ms * i, 3s + 2ms * i, {}, TrackKind::video, i % 25 == 0 ? 100U + static_cast<unsigned>(i) : 0U);
    CHECK(bench.meter.take_sightings().empty());
    for (int i = 100; i < 250; ++i)
        bench.unit(40ms * i, 3'200ms + 40ms * (i - 100), {}, TrackKind::video,
                   i % 25 == 0 ? 100U + static_cast<unsigned>(i) : 0U);
    const auto seen = bench.meter.take_sightings();
    REQUIRE_FALSE(seen.empty());
    CHECK(seen.front().arrival >= kStart + 5s);
    CHECK(seen.size() >= 3);
    // After a reconnect the server repeats what it has.
    bench.meter.connection_ends(Outcome::reset);
    bench.meter.connection_begins(kStart + 10s);
    for (int i = 200; i < 300; ++i)
        bench.unit(40ms * i, 10s + 2ms * (i - 200), {}, TrackKind::video,
                   i % 25 == 0 ? 100U + static_cast<unsigned>(i) : 0U);
    CHECK(bench.meter.take_sightings().empty());
}

TEST_CASE("stream: audio ahead of video, and codecs that change", "[probes][stream]") {
    Bench bench;
    for (int i = 0; i < 50; ++i) {
        bench.unit(40ms * i, 40ms * i, {}, TrackKind::video, 0, 7);
        if (i == 0) CHECK_FALSE(bench.value(Metric::av_skew_seconds, 0s));
        bench.unit(40ms * i + 120ms, 40ms * i, {}, TrackKind::audio, 0, i < 25 ? 3 : 4);
    }
    CHECK(bench.value(Metric::av_skew_seconds, 2s).value() == Approx(0.12));
    CHECK(bench.value(Metric::codec_changes_total, 2s, "video") == 0.0);
    CHECK(bench.value(Metric::codec_changes_total, 2s, "audio") == 1.0);
}
