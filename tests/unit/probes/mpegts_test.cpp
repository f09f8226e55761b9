// Media units of hand-made transport streams; audio frames in mpegts_audio_test.cpp, damage in mpegts_damage_test.cpp.
#include "probes/meters/mpegts.h"

#include <catch2/catch.hpp>
#include <string>

#include "ts_builder.h"

using namespace outrider;
using namespace outrider::probes;
using namespace outrider::probes::test;
using namespace std::chrono_literals;

namespace {

const Instant kArrival{1'700'000'000s};
constexpr std::uint64_t kSecond = 90'000;

TsOptions untimed() { return {.limits = TsLimits::none(), .program = {}}; }

MediaUnits feed_all(TsMeter& meter, const std::vector<std::byte>& bytes) {
    MediaUnits units;
    REQUIRE(meter.feed(bytes, kArrival, units));
    meter.flush(units);
    return units;
}

Octets repeated(const Octets& what, int times) {
    Octets out;
    for (int i = 0; i < times; ++i) out.insert(out.end(), what.begin(), what.end());
    return out;
}

/// A picture each 40 ms, the first an IDR, and two audio frames beside each.
TsBuilder sample_stream(int pictures = 10) {
    TsBuilder ts;
    ts.pat().pmt();
    for (int i = 0; i < pictures; ++i) {
        const auto dts = kSecond + static_cast<std::uint64_t>(i) * 3'600;
        ts.pes(kVideoPid, 0xE0, {dts + 7'200, dts}, TsBuilder::h264(i == 0, 700), false,
               {.pcr_base = dts - 9'000, .random_access = i == 0, .discontinuity = false});
        ts.pes(kAudioPid, 0xC0, {dts, {}}, repeated(TsBuilder::adts(120), 2), true);
    }
    return ts;
}

}  // namespace

TEST_CASE("mpegts: PES packets become units, audio frame by frame", "[probes][mpegts]") {
    TsMeter meter{untimed()};
    const auto units = feed_all(meter, sample_stream(2).bytes());
    REQUIRE(units.size() == 6);
    CHECK(units[0] ==
          MediaUnit{TrackKind::audio, 1s, 1s, Duration{21'333'333}, true, 120, kArrival, 0, units[0].format, {}});
    CHECK(units[1].dts == 1s + Duration{21'333'333});
    CHECK(units[2] ==
          MediaUnit{TrackKind::video, 1s, 1s + 80ms, std::nullopt, true, 700, kArrival, units[2].fingerprint, 0, {}});
    CHECK(units[5] == MediaUnit{TrackKind::video, 1s + 40ms, 1s + 120ms, std::nullopt, false, 700, kArrival});
    CHECK(meter.program() == 1);
    CHECK(meter.last_pcr() == 940ms);
    CHECK(meter.error().empty());
}

TEST_CASE("mpegts: how the bytes are cut makes no difference, for every packet size", "[probes][mpegts]") {
    const auto stream = sample_stream();
    for (const auto& [before, behind] : {std::pair{0, 0}, std::pair{4, 0}, std::pair{0, 16}}) {
        const auto bytes =
            TsBuilder::joined(stream.packets(), static_cast<std::size_t>(before), static_cast<std::size_t>(behind));
        TsMeter whole{untimed()};
        const auto wanted = feed_all(whole, bytes);
        CHECK(wanted.size() == 30);
        for (const std::size_t piece : {1U, 3U, 187U, 188U, 189U, 204U, 1316U}) {
            TsMeter meter{untimed()};
            MediaUnits units;
            for (std::size_t at = 0; at < bytes.size(); at += piece)
                meter.feed(std::span{bytes}.subspan(at, std::min(piece, bytes.size() - at)), kArrival, units);
            meter.flush(units);
            CHECK(units == wanted);
            CHECK(meter.counts() == whole.counts());
        }
    }
}

TEST_CASE("mpegts: a unit bears the time of its last byte, even if its end is known later", "[probes][mpegts]") {
    TsBuilder ts;
    ts.pat().pmt().pes(kVideoPid, 0xE0, {kSecond, {}}, TsBuilder::h264(true, 1'000));
    const auto first = ts.packets().size();
    ts.pes(kVideoPid, 0xE0, {kSecond + 3'600, {}}, TsBuilder::h264(false, 100));
    ts.pes(kAudioPid, 0xC0, {kSecond, {}}, TsBuilder::adts(400), true);
    TsMeter meter{untimed()};
    MediaUnits units;
    auto at = kArrival;
    for (const auto& packet : ts.packets()) {
        meter.feed(std::as_bytes(std::span{packet}), at, units);
        at += 1ms;
    }
    REQUIRE(units.size() == 2);
    CHECK(units[0].kind == TrackKind::video);
    CHECK(units[0].arrival == kArrival + std::chrono::milliseconds{first - 1});
    CHECK(units[1].arrival == at - 1ms);  // of stated length: out with its last byte
}

TEST_CASE("mpegts: keyframes by the indicator or by the first slice", "[probes][mpegts]") {
    struct Case {
        const char* what;
        int stream_type;
        bool indicator;
        Octets start;
        bool key;
    };
    const Octets long_message = [] {
        Octets out{0, 0, 1, 0x06};
        out.resize(3'000, 0x77);
        return out;
    }();
    const auto behind = [](Octets first, const Octets& rest) {
        first.insert(first.end(), rest.begin(), rest.end());
        return first;
    };
    const std::vector<Case> cases{
        {"H.264 IDR slice", 0x1B, false, {0, 0, 0, 1, 0x09, 0x10, 0, 0, 1, 0x65, 1, 2}, true},
        {"H.264 P slice", 0x1B, false, {0, 0, 0, 1, 0x09, 0x10, 0, 0, 1, 0x41, 0, 0, 1, 0x65}, false},
        {"H.264 recovery point", 0x1B, true, {0, 0, 0, 1, 0x09, 0x10, 0, 0, 1, 0x41, 1, 2}, true},
        {"H.264 IDR behind a long message", 0x1B, false, behind(long_message, {0, 0, 1, 0x25, 9}), true},
        {"HEVC IDR_W_RADL", 0x24, false, {0, 0, 0, 1, 0x46, 1, 0x50, 0, 0, 1, 0x26, 1, 7}, true},
        {"HEVC CRA", 0x24, false, {0, 0, 1, 0x2A, 1, 7}, true},
        {"HEVC TRAIL_R", 0x24, false, {0, 0, 1, 0x02, 1, 7}, false},
        {"MPEG-2 I picture", 0x02, false, {0, 0, 1, 0xB3, 1, 2, 3, 4, 0, 0, 1, 0x00, 0x00, 0x0F}, true},
        {"MPEG-2 B picture", 0x02, false, {0, 0, 1, 0x00, 0x00, 0x1F, 0}, false},
        {"MPEG-4 I picture", 0x10, false, {0, 0, 1, 0xB6, 0x10}, true},
        {"MPEG-4 P picture", 0x10, false, {0, 0, 1, 0xB6, 0x50}, false},
        {"a codec that is not looked into", 0xEA, false, {0, 0, 1, 0x0D, 0x65}, false},
    };
    for (const auto& one : cases) {
        INFO(one.what);
        TsBuilder ts;
        ts.pat().pmt(one.stream_type);
        ts.pes(kVideoPid, 0xE0, {kSecond, {}}, one.start, false,
               {.pcr_base = {}, .random_access = one.indicator, .discontinuity = false});
        ts.pat().pmt(one.stream_type);
        TsMeter meter{untimed()};
        const auto units = feed_all(meter, ts.bytes());
        REQUIRE(units.size() == 1);
        CHECK(units[0].keyframe == one.key);
        CHECK(units[0].size == one.start.size());
    }
}

TEST_CASE("mpegts: 33 bits wrap for the whole program at once", "[probes][mpegts]") {
    constexpr std::uint64_t wrap = std::uint64_t{1} << 33;
    TsBuilder ts;
    ts.pat().pmt();
    ts.pes(kVideoPid, 0xE0, {1'800, wrap - 1'800}, TsBuilder::h264(true, 50));  // pts is already beyond
    ts.pes(kVideoPid, 0xE0, {5'400, 1'800}, TsBuilder::h264(false, 50));        // now dts too
    ts.pes(kAudioPid, 0xC0, {wrap - 900, {}}, TsBuilder::adts(50), true);       // audio is still before it
    ts.pes(kVideoPid, 0xE0, {9'000, 5'400}, TsBuilder::h264(false, 50));
    TsMeter meter{untimed()};
    const auto units = feed_all(meter, ts.bytes());
    REQUIRE(units.size() == 4);
    const auto& video = units[0];
    CHECK(video.pts - video.dts == 40ms);
    CHECK(units[1].kind == TrackKind::audio);
    CHECK(units[1].dts - video.dts == 10ms);
    CHECK(units[2].dts - video.dts == 40ms);
    CHECK(units[3].dts - video.dts == 80ms);
    CHECK(video.dts > 26h);
}

TEST_CASE("mpegts: PES packets without a timestamp", "[probes][mpegts]") {
    TsBuilder ts;
    ts.pat().pmt();
    ts.pes(kVideoPid, 0xE0, {kSecond, {}}, TsBuilder::h264(true, 300));
    ts.pes(kVideoPid, 0xE0, {kSecond + 3'600, {}}, TsBuilder::h264(false, 300));
    ts.pes(kVideoPid, 0xE0, {}, Octets(200, 0xAB));           // goes on with the picture
    ts.pes(kVideoPid, 0xE0, {}, TsBuilder::h264(false, 70));  // a picture of its own
    ts.pes(kVideoPid, 0xE0, {kSecond + 10'800, {}}, TsBuilder::h264(false, 80));
    TsMeter meter{untimed()};
    const auto units = feed_all(meter, ts.bytes());
    REQUIRE(units.size() == 4);
    CHECK(units[1].size == 500);
    CHECK(units[2].size == 70);
    CHECK(units[2].dts == 1s + 80ms);
    CHECK(units[3].dts == 1s + 120ms);
}

TEST_CASE("mpegts: a new PMT moves the tracks to new PIDs and loses nothing", "[probes][mpegts]") {
    TsBuilder ts;
    ts.pat().pmt().pes(kVideoPid, 0xE0, {kSecond, {}}, TsBuilder::h264(true, 300));
    // Version 1: video on PID 0x111.
    ts.section(kPmtPid, TsBuilder::long_section(2, 1, 1, 0, 0, {0xE1, 0x11, 0xF0, 0, 0x1B, 0xE1, 0x11, 0xF0, 0}));
    ts.pes(0x111, 0xE0, {kSecond + 3'600, {}}, TsBuilder::h264(false, 200));
    ts.pes(kVideoPid, 0xE0, {kSecond + 7'200, {}}, TsBuilder::h264(false, 100));  // no longer listed
    TsMeter meter{untimed()};
    const auto units = feed_all(meter, ts.bytes());
    REQUIRE(units.size() == 2);
    CHECK(units[0].size == 300);
    CHECK(units[1].size == 200);
    CHECK(meter.counts().table_changes == 1);
}

TEST_CASE("mpegts: a PAT of several sections, and the program that was asked for", "[probes][mpegts]") {
    const auto program = [](TsBuilder& ts, int number, int pmt_pid, int pid) {
        ts.section(pmt_pid,
                   TsBuilder::long_section(
                       2, number, 0, 0, 0,
                       {static_cast<std::uint8_t>(0xE0 | pid >> 8), static_cast<std::uint8_t>(pid), 0xF0, 0, 0x1B,
                        static_cast<std::uint8_t>(0xE0 | pid >> 8), static_cast<std::uint8_t>(pid), 0xF0, 0}));
        ts.pes(pid, 0xE0, {kSecond, {}}, TsBuilder::h264(true, static_cast<std::size_t>(pid)));
    };
    TsBuilder ts;
    ts.section(0, TsBuilder::long_section(0, 1, 3, 1, 1, {0, 2, 0xE0, 0x60}));
    program(ts, 2, 0x60, 0x210);  // not known before the PAT is complete
    ts.section(0, TsBuilder::long_section(0, 1, 3, 0, 1, {0, 0, 0xE0, 0x10, 0, 1, 0xE0, 0x50}));
    program(ts, 2, 0x60, 0x220);
    program(ts, 1, 0x50, 0x230);
    TsMeter first{untimed()};
    const auto found = feed_all(first, ts.bytes());
    REQUIRE(found.size() == 1);
    CHECK(found[0].size == 0x220);
    CHECK(first.program() == 2);  // the first whose table came
    TsMeter asked{{.limits = TsLimits::none(), .program = 1}};
    const auto wanted = feed_all(asked, ts.bytes());
    REQUIRE(wanted.size() == 1);
    CHECK(wanted[0].size == 0x230);
}

TEST_CASE("mpegts: a piece that does not go on from the one before is no loss", "[probes][mpegts]") {
    const auto bytes = sample_stream(3).bytes();
    TsMeter meter{untimed()};
    MediaUnits units;
    for (int i = 0; i < 3; ++i) {
        meter.feed(bytes, kArrival, units);
        meter.begin_piece(units);
    }
    CHECK(units.size() == 27);
    CHECK(meter.counts().lost == 0);
    CHECK(meter.counts().pcr_discontinuity_errors == 0);
}

TEST_CASE("mpegts: what is no transport stream is refused with the place", "[probes][mpegts]") {
    TsMeter meter{untimed()};
    MediaUnits units;
    const std::vector<std::byte> page(1'000, std::byte{'<'});
    for (int i = 0; i < 65; ++i) CHECK(meter.feed(page, kArrival, units));
    CHECK_FALSE(meter.feed(page, kArrival, units));
    CHECK_FALSE(meter.feed(sample_stream().bytes(), kArrival, units));
    CHECK(meter.error() == "byte 66000: want five sync bytes 0x47 at a distance of 188, 192 or 204, found none so far");
    CHECK(units.empty());
}
