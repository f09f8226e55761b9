#include "probes/meters/flv.h"

#include <catch2/catch.hpp>
#include <string>

#include "flv_builder.h"

using namespace outrider;
using namespace outrider::probes;
using namespace std::chrono_literals;
using outrider::probes::test::Bytes;
using outrider::probes::test::FlvBuilder;

namespace {

const Instant kArrival{1'000s};

MediaUnits feed_all(FlvMeter& meter, const Bytes& bytes) {
    MediaUnits units;
    meter.feed(bytes, kArrival, units);
    return units;
}

Bytes sample_stream() {
    return FlvBuilder{}
        .file_header()
        .tag(18, 0, {2, 0, 10}, 300)          // script
        .tag(9, 0, {0x17, 0, 0, 0, 0}, 40)    // AVC configuration
        .tag(8, 0, {0xAF, 0, 0x11, 0x90}, 0)  // AAC-LC, 48 kHz
        .video(0, true, 1000, 80)
        .audio(0)
        .video(40, false, 200, -40)
        .tag(9, 80, {0x57, 0}, 0)           // command frame
        .tag(9, 80, {0x17, 2, 0, 0, 0}, 0)  // end of sequence
        .bytes();
}

}  // namespace

TEST_CASE("flv: tags become units, configuration and script do not", "[probes][flv]") {
    FlvMeter meter;
    const auto units = feed_all(meter, sample_stream());
    REQUIRE(units.size() == 3);
    CHECK(units[0] == MediaUnit{TrackKind::video,
                                0ms,
                                80ms,
                                std::nullopt,
                                true,
                                1000,
                                kArrival,
                                units[0].fingerprint,
                                units[0].format,
                                {}});
    CHECK(units[1].kind == TrackKind::audio);
    CHECK(units[1].size == 20);
    CHECK(units[1].duration == Duration{1024 * 1'000'000'000LL / 48000});
    CHECK(units[2] ==
          MediaUnit{TrackKind::video, 40ms, 0ms, std::nullopt, false, 200, kArrival, 0, units[0].format, {}});
    CHECK(meter.error().empty());
    CHECK(meter.position() == sample_stream().size());
}

TEST_CASE("flv: how the bytes are cut makes no difference", "[probes][flv]") {
    const auto bytes = sample_stream();
    FlvMeter whole;
    const auto wanted = feed_all(whole, bytes);
    for (const std::size_t piece : {1U, 2U, 3U, 7U, 11U, 64U}) {
        FlvMeter meter;
        MediaUnits units;
        for (std::size_t at = 0; at < bytes.size(); at += piece)
            REQUIRE(meter.feed(std::span{bytes}.subspan(at, std::min(piece, bytes.size() - at)), kArrival, units));
        CHECK(units == wanted);
    }
}

TEST_CASE("flv: a unit is out only when its last byte is in", "[probes][flv]") {
    const auto bytes = FlvBuilder{}.file_header().video(0, true, 50).bytes();
    FlvMeter meter;
    MediaUnits units;
    const auto last_payload = bytes.size() - 5;  // four bytes of previous tag size follow
    REQUIRE(meter.feed(std::span{bytes}.first(last_payload), kArrival, units));
    CHECK(units.empty());
    REQUIRE(meter.feed(std::span{bytes}.subspan(last_payload, 1), kArrival + 5ms, units));
    REQUIRE(units.size() == 1);
    CHECK(units[0].arrival == kArrival + 5ms);
}

TEST_CASE("flv: enhanced FourCC video is understood", "[probes][flv]") {
    const auto bytes = FlvBuilder{}
                           .file_header()
                           .tag(9, 0, {0x90, 'h', 'v', 'c', '1'}, 30)             // sequence start
                           .tag(9, 0, {0x91, 'h', 'v', 'c', '1', 0, 0, 33}, 500)  // coded frames with composition
                           .tag(9, 40, {0xA3, 'h', 'v', 'c', '1'}, 70)            // coded frames, none
                           .tag(9, 80, {0xA1, 'a', 'v', '0', '1'}, 60)            // AV1 has no composition time
                           .bytes();
    FlvMeter meter;
    const auto units = feed_all(meter, bytes);
    REQUIRE(units.size() == 3);
    CHECK(units[0].keyframe);
    CHECK(units[0].pts == 33ms);
    CHECK(units[0].size == 500);
    CHECK(units[1].size == 70);
    CHECK_FALSE(units[1].keyframe);
    CHECK(units[2].size == 60);
}

TEST_CASE("flv: timestamps go on past the 32-bit and the 24-bit wrap", "[probes][flv]") {
    FlvMeter meter;
    SECTION("32 bits") {
        const auto units = feed_all(meter, FlvBuilder{}.file_header().audio(0xFFFFFFF0U).audio(0x00000007U).bytes());
        REQUIRE(units.size() == 2);
        CHECK(units[1].dts - units[0].dts == 23ms);
    }
    SECTION("24 bits, by a server that leaves the extension byte at 0") {
        const auto units = feed_all(meter, FlvBuilder{}.file_header().audio(0xFFFFF0U).audio(0x000007U).bytes());
        REQUIRE(units.size() == 2);
        CHECK(units[1].dts - units[0].dts == 23ms);
    }
    SECTION("a step back is a step back") {
        const auto units = feed_all(meter, FlvBuilder{}.file_header().audio(100'000).audio(40'000).bytes());
        REQUIRE(units.size() == 2);
        CHECK(units[1].dts - units[0].dts == -60s);
    }
}

TEST_CASE("flv: what is not FLV is refused with the place", "[probes][flv]") {
    const auto error_of = [](const Bytes& bytes) {
        FlvMeter meter;
        MediaUnits units;
        CHECK_FALSE(meter.feed(bytes, kArrival, units));
        CHECK_FALSE(meter.feed(bytes, kArrival, units));  // and stays refused
        return meter.error();
    };
    CHECK(error_of(FlvBuilder{}.raw({'<', 'h', 't', 'm', 'l', '>', ' ', ' ', ' '}).bytes()) ==
          "byte 9: want the signature FLV at byte 0");
    CHECK(error_of(FlvBuilder{}.raw({'F', 'L', 'V', 1, 5, 0xFF, 0, 0, 0}).bytes()) ==
          "byte 9: want a header size of 9 to 4096, got 4278190080");
    CHECK(error_of(FlvBuilder{}.file_header().tag(77, 0, {1}, 10).bytes()) ==
          "byte 24: want tag type 8, 9 or 18, got 77");
}

TEST_CASE("flv: empty and tiny tags do no harm", "[probes][flv]") {
    FlvMeter meter;
    const auto units = feed_all(meter, FlvBuilder{}
                                           .file_header()
                                           .tag(9, 0, {}, 0)
                                           .tag(8, 0, {}, 0)
                                           .tag(18, 0, {}, 0)
                                           .tag(9, 0, {0x17}, 0)
                                           .tag(8, 0, {0xAF}, 0)
                                           .tag(9, 0, {0x91, 'h'}, 0)
                                           .video(0, true, 5)
                                           .bytes());
    CHECK(meter.error().empty());
    REQUIRE(units.size() == 1);
    CHECK(units[0].size == 5);
}

TEST_CASE("flv: a keyframe is recognised by its payload, whatever its timestamps", "[probes][flv][pop_delay]") {
    const auto fingerprint = [](const Bytes& bytes) {
        FlvMeter meter;
        const auto units = feed_all(meter, bytes);
        REQUIRE(units.size() == 1);
        return units[0].fingerprint;
    };
    // A NAL unit of 8 bytes, an IDR slice, behind the composition time.
    const auto picture = [](std::uint32_t ms, bool key, int composition, int last) {
        FlvBuilder flv;
        flv.file_header().tag(
            9, ms, {key ? 0x17 : 0x27, 1, 0, 0, composition, 0, 0, 0, 8, key ? 0x65 : 0x41, 1, 2, 3, 4, 5, 6, last}, 0);
        return flv.bytes();
    };
    const auto one = fingerprint(picture(0, true, 0, 7));
    CHECK(one != 0);
    CHECK(fingerprint(picture(98'765, true, 40, 7)) == one);
    CHECK(fingerprint(picture(0, true, 0, 8)) != one);
    CHECK(fingerprint(picture(0, false, 0, 7)) == 0);
    CHECK(fingerprint(FlvBuilder{}.file_header().audio(0, 500).bytes()) == 0);
}

TEST_CASE("flv: timestamps that always step forward by half a wrap do not overflow", "[probes][flv]") {
    FlvBuilder flv;
    flv.file_header();
    for (std::uint32_t i = 0; i < 5000; ++i) flv.audio(i * 0x7FFFFFFFU, 1);
    FlvMeter meter;
    const auto units = feed_all(meter, flv.bytes());
    REQUIRE(units.size() == 5000);
    for (const auto& unit : units) CHECK(std::chrono::abs(unit.dts) <= std::chrono::milliseconds{1'000'000'000'000});
}
