#include "probes/meters/fmp4.h"

#include <catch2/catch.hpp>
#include <string>

#include "fmp4_builder.h"
#include "probes/meters/fmp4_bytes.h"

using namespace outrider;
using namespace outrider::probes;
using namespace outrider::probes::test;
using namespace std::chrono_literals;

namespace {

const Instant kArrival{1'000s};

/// One video fragment at `time`: a sync sample of 300 bytes shown 80 ticks later, then one of 50.
BoxBytes fragment(std::uint64_t time) {
    const auto moof = [&](std::uint32_t offset) {
        return box("moof", box("mfhd", u32(0), u32(1)),
                   box("traf", tfhd(1), tfdt(time),
                       box("trun", u32(0x01000A05), u32(2), u32(offset), u32(0x2000000), u32(300), u32(80), u32(50),
                           u32(static_cast<std::uint32_t>(-40)))));
    };
    return joined(moof(static_cast<std::uint32_t>(moof(0).size() + 8)), box("mdat", zeros(350)));
}

/// A moof with this traf.
template <class... Parts>
BoxBytes moof_with(const Parts&... parts) {
    return joined(init_section(), box("moof", box("traf", tfhd(1), tfdt(0), parts...)));
}

std::string error_of(const BoxBytes& bytes) {
    Fmp4Meter meter;
    MediaUnits units;
    CHECK_FALSE(meter.feed(bytes, kArrival, units));
    CHECK_FALSE(meter.feed(bytes, kArrival, units));  // and stays refused
    Fmp4Meter cut;
    bool ok = true;
    for (std::size_t i = 0; i < bytes.size() && ok; ++i) ok = cut.feed(std::span{bytes}.subspan(i, 1), kArrival, units);
    CHECK_FALSE(ok);
    const auto error = meter.error();
    return error.substr(error.find(": ") + 2);  // the place depends on the builder
}

}  // namespace

TEST_CASE("fmp4: a fragment's samples become units", "[probes][fmp4]") {
    Fmp4Meter meter;
    MediaUnits units;
    REQUIRE(meter.feed(joined(init_section(), fragment(5000)), kArrival, units));
    REQUIRE(units.size() == 2);
    CHECK(units[0] == MediaUnit{TrackKind::video, 5000ms, 5080ms, 40ms, true, 300, kArrival, 0, units[0].format, {}});
    CHECK(units[1] == MediaUnit{TrackKind::video, 5040ms, 5000ms, 40ms, false, 50, kArrival, 0, units[0].format, {}});
    REQUIRE(meter.tracks().size() == 2);
    CHECK(meter.tracks()[0].codec == box_type("avc1"));
}

TEST_CASE("fmp4: a unit is out only when its last byte is in", "[probes][fmp4]") {
    const auto bytes = joined(init_section(), fragment(0));
    Fmp4Meter meter;
    MediaUnits units;
    const auto last_of_first = bytes.size() - 51;
    REQUIRE(meter.feed(std::span{bytes}.first(last_of_first), kArrival, units));
    CHECK(units.empty());
    REQUIRE(meter.feed(std::span{bytes}.subspan(last_of_first, 1), kArrival + 5ms, units));
    REQUIRE(units.size() == 1);
    CHECK(units[0].arrival == kArrival + 5ms);
}

TEST_CASE("fmp4: segments are files of their own, or parts of one", "[probes][fmp4]") {
    Fmp4Meter meter;
    MediaUnits units;
    REQUIRE(meter.feed(init_section(), kArrival, units));
    meter.begin_resource();
    auto cut_short = fragment(0);
    cut_short.resize(cut_short.size() - 30);
    REQUIRE(meter.feed(cut_short, kArrival, units));
    CHECK(units.size() == 1);
    meter.begin_resource(90'000);  // the sample that was cut short never comes
    REQUIRE(meter.feed(fragment(80), kArrival, units));
    REQUIRE(units.size() == 3);
    CHECK(units[1].dts == 80ms);
    CHECK(meter.position() == 90'000 + fragment(0).size());
}

TEST_CASE("fmp4: without tfdt a fragment goes on where the last one ended", "[probes][fmp4]") {
    const auto next =
        joined(box("moof", box("traf", box("tfhd", u32(0x20000), u32(1)), box("trun", u32(0x1), u32(1), u32(60)))),
               box("mdat", zeros(100)));
    Fmp4Meter meter;
    MediaUnits units;
    REQUIRE(meter.feed(joined(init_section(), fragment(5000), next), kArrival, units));
    REQUIRE(units.size() == 3);
    CHECK(units[2].dts == 5080ms);
    CHECK(units[2].size == 100);
    CHECK_FALSE(units[2].keyframe);
}

TEST_CASE("fmp4: an edit list shifts decode times", "[probes][fmp4]") {
    // An empty edit of half a second, then from media time 80 on: 500 - 80 ticks later.
    const auto edited = box("trak", box("tkhd", u32(0), zeros(8), u32(1), zeros(68)),
                            box("edts", box("elst", u32(0), u32(2), u32(500), u32(0xFFFFFFFF), u32(0x10000), u32(0),
                                            u32(80), u32(0x10000))),
                            box("mdia", box("mdhd", u32(0), zeros(8), u32(1000), zeros(8)),
                                box("hdlr", zeros(8), text("vide"), zeros(13))));
    const auto init = joined(
        box("ftyp", text("iso6"), u32(0)),
        box("moov", box("mvhd", u32(0), zeros(8), u32(1000), zeros(84)), edited, box("mvex", trex(1, 40, 100, 0))));
    Fmp4Meter meter;
    MediaUnits units;
    REQUIRE(meter.feed(joined(init, fragment(1000)), kArrival, units));
    REQUIRE(units.size() == 2);
    CHECK(units[0].dts == 1420ms);
}

TEST_CASE("fmp4: other tracks of a kind, other kinds and unknown tracks are passed over", "[probes][fmp4]") {
    const auto init = joined(box("ftyp", text("iso6"), u32(0)),
                             box("moov", track(1, "text", 1000), track(2, "vide", 1000), track(3, "vide", 1000),
                                 box("mvex", trex(1, 40, 100, 0), trex(2, 40, 100, 0), trex(3, 40, 100, 0))));
    const auto traf = [](std::uint32_t id) {
        return box("traf", tfhd(id), tfdt(0), box("trun", u32(0x1), u32(1), u32(500)));
    };
    Fmp4Meter meter;
    MediaUnits units;
    REQUIRE(meter.feed(joined(init, box("moof", traf(1), traf(2), traf(3), traf(99)), box("mdat", zeros(900))),
                       kArrival, units));
    CHECK(units.size() == 1);
}

TEST_CASE("fmp4: producer reference time and event messages", "[probes][fmp4]") {
    // 2026-03-01T07:00:00.5Z in NTP seconds; media time 2,000 of 1,000 a second.
    const std::uint64_t ntp = 2'208'988'800ULL + 1'772'348'400ULL;
    const auto prft = box("prft", u32(0x01000018), u32(1), u32(ntp), u32(0x80000000U), number(2000, 8));
    const auto emsg0 = box("emsg", u32(0), text("urn:a"), zeros(1), text("1"), zeros(1), zeros(16));
    const auto emsg1 = box("emsg", u32(0x01000000), zeros(20), text("urn:scte:scte35:2013:bin"), zeros(2));
    Fmp4Meter meter;
    MediaUnits units;
    REQUIRE(meter.feed(joined(init_section(), prft, emsg0), kArrival, units));
    CHECK(meter.producer_time() == ProducerTime{Instant{1'772'348'400s} + 500ms, 2s, TrackKind::video});
    CHECK(meter.event_scheme() == "urn:a");
    REQUIRE(meter.feed(emsg1, kArrival, units));
    CHECK(meter.event_scheme() == "urn:scte:scte35:2013:bin");
    CHECK(meter.events() == 2);
}

TEST_CASE("fmp4: sizes of 0 and of 64 bits are sizes", "[probes][fmp4]") {
    const auto moof = fragment(0);
    const auto head = std::span{moof}.first(moof.size() - 358);
    Fmp4Meter meter;
    MediaUnits units;
    SECTION("mdat to the end of the file") {
        REQUIRE(meter.feed(joined(init_section(), head, u32(0), text("mdat"), zeros(5000)), kArrival, units));
        CHECK(units.size() == 2);
    }
    SECTION("a box of 4 EiB is skipped byte by byte, without memory") {
        REQUIRE(meter.feed(joined(init_section(), u32(1), text("free"), number(1ULL << 60, 8), zeros(9999)), kArrival,
                           units));
        CHECK(units.empty());
    }
}

TEST_CASE("fmp4: what is not fMP4 is refused with the place", "[probes][fmp4]") {
    CHECK(error_of(text("<!DOCTYPE html><html>")) == "CTYP: want a file to begin with ftyp, styp, moof or their like");
    CHECK(error_of(joined(u32(7), text("ftyp"))) == "ftyp: want a size of at least 8, got 7");
    CHECK(error_of(joined(u32(1), text("mdat"), number(15, 8))) == "mdat: want a size of at least 16, got 15");
    CHECK(error_of(joined(u32(1), text("mdat"), number(~0ULL, 8))) ==
          "mdat: want a size of at least 16, got 18446744073709551615");
    CHECK(error_of(joined(u32(0), text("moof"), zeros(8))) == "moof: want a size, got 0");
    CHECK(error_of(box("moof", u32(100), text("traf"))) == "traf: want a box that ends within its parent");
    CHECK(error_of(box("moov", box("mvhd", zeros(5)))) == "mvhd: want more bytes");
    CHECK(error_of(box("moov", track(1, "vide", 0))) == "stsd: want a timescale above 0 in mdhd");
}

TEST_CASE("fmp4: hostile sample tables are refused in bounded memory", "[probes][fmp4]") {
    CHECK(error_of(moof_with(box("trun", u32(0x200), u32(0xFFFFFFFF), u32(1)))) ==
          "trun: want room for 4294967295 samples");
    CHECK(error_of(moof_with(box("trun", u32(0), u32(0xFFFFFFFF)))) ==
          "trun: want 16384 samples at most, got 4294967295");
    CHECK(error_of(moof_with(box("trun", u32(0x1), u32(1), u32(0x80000000)))) ==
          "trun: want a data offset within the file, got -2147483648");
    CHECK(error_of(moof_with(box("trun", u32(0x1), u32(1), u32(0xFFFFFF9C)))) ==
          "trun: want samples after their description");
    CHECK(error_of(moof_with(box("tfdt", u32(0x01000000), number(~0ULL, 8)))) ==
          "tfdt: want a decode time of less than 100 years");
    CHECK(error_of(moof_with(box("tfdt", u32(0x01000000), number(4'000'000'000'000ULL, 8)),
                             box("trun", u32(0x1), u32(1), u32(5000)))) ==
          "trun: want media times of less than 100 years");
    CHECK(error_of(moof_with(box("trun", u32(0), u32(9000)), box("trun", u32(0), u32(9000)))) ==
          "trun: want 16384 samples at most that wait for their data");
    // Many samples of the same bytes.
    BoxBytes runs;
    for (int i = 0; i < 20; ++i) runs = joined(runs, box("trun", u32(0x1), u32(1), u32(1000)));
    CHECK(error_of(joined(box("ftyp", zeros(4)), box("moov", track(1, "vide", 1000), box("mvex", trex(1, 40, 900, 0))),
                          box("moof", box("traf", tfhd(1), runs)), box("mdat", zeros(3000)))) ==
          "mdat: want samples that do not overlap");
}
