// Counting truth: streams with known damage give exactly the stated counts.
#include <catch2/catch.hpp>
#include <functional>
#include <string>

#include "probes/meters/mpegts.h"
#include "ts_builder.h"

using namespace outrider;
using namespace outrider::probes;
using namespace outrider::probes::test;
using namespace std::chrono_literals;

namespace {

const Instant kStart{1'700'000'000s};
constexpr int kPid = 0x100;

/// Packets of one PID, each with its own payload, numbered from 0; not in any table.
std::vector<RawPacket> plain(int count) {
    TsBuilder ts;
    for (int i = 0; i < count; ++i) {
        Octets payload(184, 0x10);
        payload[3] = static_cast<std::uint8_t>(i);
        payload[4] = static_cast<std::uint8_t>(i >> 8);
        ts.packet(kPid, false, payload);
    }
    return ts.packets();
}

/// The packets with these numbers, in this order.
std::vector<RawPacket> picked(const std::vector<RawPacket>& from, const std::vector<int>& numbers) {
    std::vector<RawPacket> out;
    for (const int n : numbers) out.push_back(from[static_cast<std::size_t>(n)]);
    return out;
}

std::vector<int> numbers(int first, int last) {
    std::vector<int> out;
    for (int i = first; i <= last; ++i) out.push_back(i);
    return out;
}
std::vector<int> operator+(std::vector<int> a, const std::vector<int>& b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
}

TsCounts counted(const std::vector<std::byte>& bytes) {
    TsMeter meter{{.limits = TsLimits::none(), .program = {}}};
    MediaUnits units;
    REQUIRE(meter.feed(bytes, kStart, units));
    meter.flush(units);
    return meter.counts();
}
TsCounts counted(const std::vector<RawPacket>& packets) { return counted(TsBuilder::joined(packets)); }

}  // namespace

TEST_CASE("mpegts: what the continuity counter can tell", "[probes][mpegts][damage]") {
    struct Case {
        std::string what;
        std::vector<int> came;
        std::uint64_t expected, lost, reordered, duplicates, cc_errors;
    };
    std::vector<Case> cases{
        //                                                                       expected lost reordered dup errors
        {"nothing missing, three rounds of the counter", numbers(0, 50), 51, 0, 0, 0, 0},
        {"exactly 16 missing: invisible", numbers(0, 9) + numbers(26, 50), 35, 0, 0, 0, 0},
        {"17 missing: seen as 1", numbers(0, 9) + numbers(27, 50), 35, 1, 0, 0, 1},
        {"one packet twice: legal", numbers(0, 9) + numbers(9, 50), 51, 0, 0, 1, 0},
        {"one packet three times", numbers(0, 9) + std::vector{9} + numbers(9, 50), 51, 0, 0, 2, 1},
        {"two change places", numbers(0, 9) + std::vector{11, 10} + numbers(12, 50), 51, 1, 1, 0, 2},
        {"seven overtake seven", numbers(0, 9) + numbers(17, 23) + numbers(10, 16) + numbers(24, 50), 51, 7, 7, 0, 8},
        {"one comes three late", numbers(0, 9) + numbers(11, 13) + std::vector{10} + numbers(14, 50), 51, 1, 1, 0, 2},
        {"two gaps", numbers(0, 9) + numbers(13, 30) + numbers(36, 50), 51, 8, 0, 0, 2},
        {"gaps on either side of a packet", numbers(0, 9) + std::vector{12} + numbers(15, 50), 51, 4, 0, 0, 2},
    };
    for (int n = 1; n <= 15; ++n)
        cases.push_back({std::to_string(n) + " missing", numbers(0, 9) + numbers(10 + n, 50), 51,
                         static_cast<std::uint64_t>(n), 0, 0, 1});
    const auto packets = plain(51);
    for (const auto& one : cases) {
        INFO(one.what);
        CHECK(counted(picked(packets, one.came)) == TsCounts{.packets = one.came.size(),
                                                             .expected = one.expected,
                                                             .lost = one.lost,
                                                             .reordered = one.reordered,
                                                             .duplicates = one.duplicates,
                                                             .cc_errors = one.cc_errors});
    }
}

TEST_CASE("mpegts: what excuses a step of the continuity counter", "[probes][mpegts][damage]") {
    TsBuilder ts;
    const auto fill = [&ts](int count) {
        for (int i = 0; i < count; ++i) ts.packet(kPid, false, Octets(184, static_cast<std::uint8_t>(i + 1)));
    };
    SECTION("the discontinuity indicator") {
        fill(8);
        auto packets = ts.packets();
        TsBuilder other;
        other.packet(kPid, false, Octets(100, 5)).packet(kPid, false, Octets(100, 6));
        other.packet(kPid, false, Octets(100, 7), {.pcr_base = {}, .random_access = false, .discontinuity = true});
        other.packet(kPid, false, Octets(100, 8));
        packets.insert(packets.end(), other.packets().begin() + 2, other.packets().end());
        CHECK(counted(packets) == TsCounts{.packets = 10, .expected = 10});
    }
    SECTION("packets without payload have no place in the count") {
        fill(4);
        ts.adaptation_only(kPid, {.pcr_base = 5, .random_access = false, .discontinuity = false});
        fill(4);
        CHECK(counted(ts.packets()) == TsCounts{.packets = 9, .expected = 8});
    }
    SECTION("the null PID") {
        fill(8);
        auto packets = ts.packets();
        TsBuilder null;
        for (int i = 0; i < 9; ++i) null.packet(0x1FFF, false, Octets(184, 0xFF));
        for (int i = 0; i < 9; i += 4) packets.push_back(null.packets()[static_cast<std::size_t>(i)]);
        CHECK(counted(packets) == TsCounts{.packets = 11, .expected = 8});
    }
    SECTION("each PID counts by itself") {
        fill(3);
        for (int i = 0; i < 5; ++i) ts.packet(0x200, false, Octets(184, static_cast<std::uint8_t>(i + 1)));
        fill(3);
        CHECK(counted(ts.packets()) == TsCounts{.packets = 11, .expected = 11});
    }
}

TEST_CASE("mpegts: a packet marked as broken counts as an error and as missing", "[probes][mpegts][damage]") {
    auto packets = plain(20);
    packets[7][1] |= 0x80;
    CHECK(counted(packets) ==
          TsCounts{.packets = 20, .expected = 20, .lost = 1, .cc_errors = 1, .transport_errors = 1});
}

TEST_CASE("mpegts: sync is kept over one bad byte, lost with two, and found again", "[probes][mpegts][damage]") {
    SECTION("one") {
        auto packets = plain(20);
        packets[7][0] = 0x46;
        CHECK(
            counted(packets) ==
            TsCounts{
                .packets = 19, .skipped_bytes = 188, .expected = 20, .lost = 1, .sync_byte_errors = 1, .cc_errors = 1});
    }
    SECTION("100 bytes are cut out") {
        auto bytes = TsBuilder::joined(plain(30));
        bytes.erase(bytes.begin() + 10 * 188 + 20, bytes.begin() + 10 * 188 + 120);
        // Packet 10 has lost its end and takes the start of packet 11 for it; 12 is the next that is whole.
        const auto counts = counted(bytes);
        CHECK(counts.sync_losses == 1);
        CHECK(counts.sync_byte_errors == 2);
        CHECK(counts.packets == 29);
        CHECK(counts.skipped_bytes == 88);
        CHECK(counts.lost == 1);
    }
    SECTION("garbage before, between and behind") {
        auto bytes = TsBuilder::joined(plain(10));
        const std::vector<std::byte> garbage(1'000, std::byte{0x99});
        auto all = garbage;
        all.insert(all.end(), bytes.begin(), bytes.end());
        all.insert(all.end(), garbage.begin(), garbage.end());
        all.insert(all.end(), bytes.begin(), bytes.end());
        all.insert(all.end(), garbage.begin(), garbage.begin() + 150);
        const auto counts = counted(all);
        CHECK(counts.packets == 20);
        CHECK(counts.skipped_bytes == 2'150);
        CHECK(counts.sync_losses == 1);
    }
}

TEST_CASE("mpegts: a section with a wrong checksum is counted and not believed", "[probes][mpegts][damage]") {
    TsBuilder ts;
    ts.pat();
    auto bad = TsBuilder::long_section(2, 1, 0, 0, 0, {0xE1, 0x00, 0xF0, 0, 0x1B, 0xE1, 0x00, 0xF0, 0});
    bad[13] ^= 1;
    ts.section(kPmtPid, bad).pes(kVideoPid, 0xE0, {90'000, {}}, TsBuilder::h264(true, 100));
    ts.pat().pat().pat();
    TsMeter meter{{.limits = TsLimits::none(), .program = {}}};
    MediaUnits units;
    meter.feed(ts.bytes(), kStart, units);
    meter.flush(units);
    CHECK(units.empty());
    CHECK(meter.counts().crc_errors == 1);
}

TEST_CASE("mpegts: a section over several packets survives stuffing and is dropped whole with a gap",
          "[probes][mpegts][damage]") {
    Octets body{0xE1, 0x00, 0xF0, 0};
    for (int i = 0; i < 60; ++i)
        TsBuilder::append(body, {0x06, 0xE3, i, 0xF0, 4, 0x56, 2, 1, 1});  // teletext, no media
    TsBuilder::append(body, {0x1B, 0xE1, 0x00, 0xF0, 0});
    TsBuilder ts;
    ts.pat().section(kPmtPid, TsBuilder::long_section(2, 1, 0, 0, 0, body));
    ts.pes(kVideoPid, 0xE0, {90'000, {}}, TsBuilder::h264(true, 100)).pat().pat();
    TsMeter whole{{.limits = TsLimits::none(), .program = {}}};
    MediaUnits units;
    whole.feed(ts.bytes(), kStart, units);
    whole.flush(units);
    CHECK(units.size() == 1);
    CHECK(whole.counts().crc_errors == 0);

    auto packets = ts.packets();
    packets.erase(packets.begin() + 2);  // the middle of the table
    TsMeter holed{{.limits = TsLimits::none(), .program = {}}};
    units.clear();
    holed.feed(TsBuilder::joined(packets), kStart, units);
    holed.flush(units);
    CHECK(units.empty());
    CHECK(holed.counts().lost == 1);
    CHECK(holed.counts().crc_errors == 0);  // missing is not wrong
}

TEST_CASE("mpegts: a lost packet costs the audio frames it held and no others", "[probes][mpegts][damage]") {
    TsBuilder ts;
    ts.pat().pmt();
    for (std::uint64_t i = 0; i < 4; ++i) {
        Octets frames;
        for (int k = 0; k < 5; ++k) {
            const auto frame = TsBuilder::adts(150);
            frames.insert(frames.end(), frame.begin(), frame.end());
        }
        ts.pes(kAudioPid, 0xC0, {90'000 + i * 9'600, {}}, frames, true);  // 5 packets each
    }
    auto packets = ts.packets();
    packets.erase(packets.begin() + 2 + 5 + 2);  // the middle of the second PES packet
    TsMeter meter{{.limits = TsLimits::none(), .program = {}}};
    MediaUnits units;
    meter.feed(TsBuilder::joined(packets), kStart, units);
    meter.flush(units);
    CHECK(meter.counts().lost == 1);
    REQUIRE(units.size() == 17);  // two frames of the second PES packet were whole before the gap
    CHECK(units[7].dts == 1s + Duration{2 * 9'600 * 100'000LL / 9});
}
