// The counters of ETSI TR 101 290: what is late by arrival time, clocks that step, what is scrambled.
#include <catch2/catch.hpp>

#include "probes/meters/mpegts.h"
#include "ts_builder.h"

using namespace outrider;
using namespace outrider::probes;
using namespace outrider::probes::test;
using namespace std::chrono_literals;

namespace {

const Instant kStart{1'700'000'000s};

TsCounts counted(const std::vector<RawPacket>& packets) {
    TsMeter meter{{.limits = TsLimits::none(), .program = {}}};
    MediaUnits units;
    REQUIRE(meter.feed(TsBuilder::joined(packets), kStart, units));
    meter.flush(units);
    return meter.counts();
}

}  // namespace

TEST_CASE("mpegts: silence is an error for each full period of it", "[probes][mpegts][tr101290]") {
    TsBuilder ts;
    ts.pat().pmt();
    ts.pes(kVideoPid, 0xE0, {90'000, {}}, TsBuilder::h264(true, 100), true,
           {.pcr_base = 80'000, .random_access = true, .discontinuity = false});
    ts.pes(kAudioPid, 0xC0, {90'000, {}}, TsBuilder::adts(100), true);
    ts.adaptation_only(kVideoPid, {.pcr_base = 80'000, .random_access = false, .discontinuity = false});
    const auto bytes = ts.bytes();
    const auto after = [&bytes](Duration silence, TsLimits limits = {}) {
        TsMeter meter{{.limits = limits, .program = {}}};
        MediaUnits units;
        meter.feed(bytes, kStart, units);
        for (auto at = 10ms; at <= silence; at += 10ms) meter.advance(kStart + at);
        meter.advance(kStart + silence);
        TsCounts counts = meter.counts();
        counts.packets = counts.expected = 0;
        return counts;
    };
    //                                  PAT  PMT  PID  PCR  PTS
    const auto errors = [](std::uint64_t pat, std::uint64_t pmt, std::uint64_t pid, std::uint64_t pcr,
                           std::uint64_t pts) {
        return TsCounts{
            .pat_errors = pat, .pmt_errors = pmt, .pid_errors = pid, .pcr_repetition_errors = pcr, .pts_errors = pts};
    };
    CHECK(after(100ms) == errors(0, 0, 0, 0, 0));
    CHECK(after(101ms) == errors(0, 0, 0, 1, 0));
    CHECK(after(501ms) == errors(1, 1, 0, 5, 0));
    CHECK(after(1'401ms) == errors(2, 2, 0, 14, 4));  // two media PIDs
    CHECK(after(5'001ms) == errors(10, 10, 2, 50, 14));
    TsLimits old;
    old.pcr = 40ms;
    CHECK(after(101ms, old) == errors(0, 0, 0, 2, 0));
    CHECK(after(60s, TsLimits::none()) == errors(0, 0, 0, 0, 0));
}

TEST_CASE("mpegts: errors of the wait show as well when only the next arrival ends it", "[probes][mpegts][tr101290]") {
    TsMeter meter;
    MediaUnits units;
    TsBuilder ts;
    ts.pat().pat().pat().pat().pat();
    const auto bytes = ts.bytes();
    meter.feed(bytes, kStart, units);
    meter.feed(bytes, kStart + 500ms, units);
    CHECK(meter.counts().pat_errors == 0);
    meter.feed(bytes, kStart + 2'001ms, units);
    CHECK(meter.counts().pat_errors == 3);
}

TEST_CASE("mpegts: clock references that step without saying so", "[probes][mpegts][tr101290]") {
    struct Case {
        const char* what;
        std::vector<std::pair<std::uint64_t, bool>> clock;  // base, discontinuity indicator
        std::uint64_t errors;
    };
    constexpr std::uint64_t wrap = std::uint64_t{1} << 33;
    const std::vector<Case> cases{
        {"steps of 100 ms", {{0, false}, {9'000, false}, {18'000, false}}, 0},
        {"a step of more", {{0, false}, {9'001, false}, {18'000, false}}, 1},
        {"a step back", {{50'000, false}, {49'999, false}, {50'100, false}}, 1},
        {"a jump that was announced", {{50'000, false}, {5'000'000, true}, {5'000'100, false}}, 0},
        {"the wrap", {{wrap - 100, false}, {100, false}}, 0},
    };
    for (const auto& one : cases) {
        INFO(one.what);
        TsBuilder ts;
        ts.pat().pmt();
        for (const auto& [base, discontinuity] : one.clock)
            ts.packet(kVideoPid, false, Octets(100, 1),
                      {.pcr_base = base, .random_access = false, .discontinuity = discontinuity});
        ts.pat().pmt().pat();
        CHECK(counted(ts.packets()).pcr_discontinuity_errors == one.errors);
    }
}

TEST_CASE("mpegts: clock references that come unevenly show as jitter", "[probes][mpegts][tr101290]") {
    TsMeter meter{{.limits = TsLimits::none(), .program = {}}};
    MediaUnits units;
    TsBuilder ts;
    ts.pat().pmt().pat().pat().pat();
    meter.feed(ts.bytes(), kStart, units);
    CHECK_FALSE(meter.pcr_jitter().has_value());
    TsBuilder clock;
    for (std::uint64_t i = 0; i < 400; ++i)
        clock.packet(kVideoPid, false, Octets(50, 1),
                     {.pcr_base = i * 3'600, .random_access = false, .discontinuity = false});
    auto at = kStart;
    for (std::size_t i = 0; i < clock.packets().size(); ++i) {
        at = kStart + static_cast<int>(i) * 40ms + (i % 2 == 0 ? 0ms : 8ms);
        meter.feed(std::as_bytes(std::span{clock.packets()[i]}), at, units);
    }
    REQUIRE(meter.pcr_jitter().has_value());
    CHECK(*meter.pcr_jitter() > 7'900us);  // |D| is 8 ms each time
    CHECK(*meter.pcr_jitter() <= 8ms);
    CHECK(meter.last_pcr() == 399 * 40ms);
}

TEST_CASE("mpegts: scrambled tables and media", "[probes][mpegts][tr101290]") {
    TsBuilder ts;
    ts.pat().pmt();
    ts.pes(kVideoPid, 0xE0, {90'000, {}}, TsBuilder::h264(true, 100), true).pat().pmt();
    auto packets = ts.packets();
    for (const std::size_t i : {2U, 3U, 4U}) packets[i][3] |= 0x80;
    const auto counts = counted(packets);
    CHECK(counts.scrambled == 3);
    CHECK(counts.pat_errors == 1);
    CHECK(counts.pmt_errors == 1);
    CHECK(counts.cat_errors == 1);
}
