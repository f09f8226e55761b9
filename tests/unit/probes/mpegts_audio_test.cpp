#include "probes/meters/mpegts_audio.h"

#include <catch2/catch.hpp>

#include "probes/meters/mpegts.h"
#include "ts_builder.h"

using namespace outrider;
using namespace outrider::probes;
using namespace outrider::probes::test;
using namespace std::chrono_literals;

namespace {

constexpr std::uint64_t kSecond = 90'000;

MediaUnits metered(const TsBuilder& ts) {
    TsMeter meter{{.limits = TsLimits::none(), .program = {}}};
    MediaUnits units;
    REQUIRE(meter.feed(ts.bytes(), Instant{1'700'000'000s}, units));
    meter.flush(units);
    return units;
}

Octets repeated(const Octets& what, int times) {
    Octets out;
    for (int i = 0; i < times; ++i) out.insert(out.end(), what.begin(), what.end());
    return out;
}

}  // namespace

TEST_CASE("mpegts: audio frames are cut by their headers", "[probes][mpegts]") {
    struct Case {
        const char* what;
        int stream_type;
        Octets info;  // descriptors
        Octets frame;
        std::size_t size;
        std::optional<Duration> duration;
    };
    const auto filled = [](Octets head, std::size_t size) {
        head.resize(size, 0x33);
        return head;
    };
    const Octets opus_info{0x05, 4, 'O', 'p', 'u', 's'};
    const std::vector<Case> cases{
        {"ADTS at 48 kHz", 0x0F, {}, TsBuilder::adts(200), 200, Duration{21'333'333}},
        {"AC-3, 48 kHz, 192 kbit/s", 0x81, {}, filled({0x0B, 0x77, 0, 0, 0x14, 0x40}, 768), 768, 32ms},
        {"AC-3, 44.1 kHz, odd size code",
         0x81,
         {},
         filled({0x0B, 0x77, 0, 0, 0x55, 0x40}, 836),
         836,
         Duration{34'829'931}},
        {"E-AC-3 by descriptor, 128 words",
         0x06,
         {0x7A, 1, 0},
         filled({0x0B, 0x77, 0, 0x7F, 0x3F, 0x80}, 256),
         256,
         32ms},
        {"MPEG-1 layer 2, 48 kHz, 128 kbit/s", 0x03, {}, filled({0xFF, 0xFD, 0x84, 0x00}, 384), 384, 24ms},
        {"MPEG-2 layer 3, 24 kHz, 64 kbit/s", 0x04, {}, filled({0xFF, 0xF3, 0x84, 0x00}, 192), 192, 24ms},
        {"Opus, 20 ms, 300 bytes behind a control header", 0x06, opus_info, filled({0x7F, 0xE0, 0xFF, 45, 0xFC}, 304),
         300, 20ms},
        {"Opus with both trims and an extension", 0x06, opus_info, filled({0x7F, 0xFC, 10, 0, 1, 0, 2, 1, 9, 0x78}, 19),
         10, 20ms},
        {"Opus that says it has no frames: it does not last 0 seconds", 0x06, opus_info,
         filled({0x7F, 0xE0, 20, 0x03, 0x00}, 23), 20, std::nullopt},
        {"LATM with its configuration, 48 kHz",
         0x11,
         {},
         filled({0x56, 0xE0, 57, 0x20, 0x00, 0x11, 0x80}, 60),
         60,
         Duration{21'333'333}},
    };
    for (const auto& one : cases) {
        INFO(one.what);
        TsBuilder ts;
        ts.pat().pmt(0x1B, one.stream_type, 0, one.info);
        ts.pes(kAudioPid, 0xBD, {kSecond, {}}, repeated(one.frame, 3), true).pat().pat();
        const auto units = metered(ts);
        REQUIRE(units.size() == 3);
        for (std::size_t i = 0; i < 3; ++i) {
            CHECK(units[i].size == one.size);
            CHECK(units[i].duration == one.duration);
            CHECK(units[i].dts == 1s + static_cast<int>(i) * one.duration.value_or(0ns));
            CHECK(units[i].keyframe);
        }
    }
}

TEST_CASE("mpegts: an audio frame that begins in one PES packet and ends in the next keeps its time",
          "[probes][mpegts]") {
    auto two = repeated(TsBuilder::adts(100), 3);
    const Octets rest{two.begin() + 150, two.end()};
    two.resize(150);
    TsBuilder ts;
    ts.pat().pmt();
    ts.pes(kAudioPid, 0xC0, {kSecond, {}}, two, true);
    ts.pes(kAudioPid, 0xC0, {2 * kSecond, {}}, rest, true);
    const auto units = metered(ts);
    REQUIRE(units.size() == 3);
    CHECK(units[1].dts == 1s + Duration{21'333'333});
    CHECK(units[2].dts == 2s);  // the first that begins in the second PES packet
}
