// One picture in three containers, and the times that messages carry.
#include "probes/meters/access_unit.h"

#include <catch2/catch.hpp>
#include <random>
#include <string>
#include <string_view>
#include <vector>

using namespace outrider;
using namespace outrider::probes;
using namespace std::chrono_literals;

namespace {

using Octets = std::vector<std::uint8_t>;
const Instant kWall{1'772'348'709'120ms};  // 2026-03-01T07:05:09.120Z

Octets operator+(Octets a, const Octets& b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
}
Octets text(std::string_view chars) { return {chars.begin(), chars.end()}; }

/// A slice of coded noise without start codes in it.
Octets slice(std::uint8_t header, std::size_t size, unsigned seed) {
    std::mt19937 random{seed};
    Octets out{header, 0x88};
    while (out.size() < size) {
        out.push_back(static_cast<std::uint8_t>(random() & 0xFF));
        if (out.back() == 0) out.push_back(0x80);
        if (out.size() % 97 == 0) out.insert(out.end(), {0, 0, 3, 1});  // zeros that are data
    }
    out.push_back(0x80);
    return out;
}
Octets start_codes(const std::vector<Octets>& nals, bool long_code) {
    Octets out;
    for (const auto& nal : nals) out = out + (long_code ? Octets{0, 0, 0, 1} : Octets{0, 0, 1}) + nal;
    return out;
}
Octets lengths(const std::vector<Octets>& nals, int size) {
    Octets out;
    for (const auto& nal : nals) {
        for (int shift = (size - 1) * 8; shift >= 0; shift -= 8)
            out.push_back(static_cast<std::uint8_t>(nal.size() >> shift));
        out = out + nal;
    }
    return out;
}
AccessUnitScan scanned(NalFormat format, const Octets& picture, std::size_t piece = 100'000, bool key = false) {
    AccessUnitScan scan;
    scan.begin(format, key);
    for (std::size_t at = 0; at < picture.size(); at += piece)
        scan.feed(std::span{picture}.subspan(at, std::min(piece, picture.size() - at)));
    return scan;
}

/// A message of user_data_unregistered as a whole NAL unit of H.264.
Octets sei(const Octets& user_data) {
    Octets out{0x06, 0x05, static_cast<std::uint8_t>(user_data.size())};
    int zeros = 0;
    for (const auto byte : user_data) {
        if (zeros >= 2 && byte <= 3) {
            out.push_back(3);
            zeros = 0;
        }
        zeros = byte == 0 ? zeros + 1 : 0;
        out.push_back(byte);
    }
    out.push_back(0x80);
    return out;
}
Octets canary(std::int64_t nanoseconds) {
    Octets out{kCanaryUuid.begin(), kCanaryUuid.end()};
    for (int shift = 56; shift >= 0; shift -= 8) out.push_back(static_cast<std::uint8_t>(nanoseconds >> shift));
    return out;
}

const Octets kSps{0x67, 0x64, 0x00, 0x1F, 0xAC};
const Octets kPps{0x68, 0xEE, 0x3C, 0x80};
const Octets kDelimiter{0x09, 0xF0};

}  // namespace

TEST_CASE("access unit: a keyframe has one fingerprint in every container", "[probes][pop_delay]") {
    const auto size = GENERATE(as<std::size_t>{}, 40, 3'000, 200'000);
    const auto first = slice(0x65, size, 1);
    const auto second = slice(0x65, size / 2 + 30, 2);
    const auto one = scanned({VideoCoding::h264, 4}, lengths({first, second}, 4));
    REQUIRE(one.fingerprint() != 0);
    CHECK(one.keyframe());
    // Delimiter, parameter sets and messages come and go; start codes are long or short; stuffing follows.
    const auto annex_b = start_codes({kDelimiter, kSps, kPps, sei(text("0123456789abcdefhello")), first}, true) +
                         start_codes({second}, false) + Octets{0, 0, 0};
    for (const std::size_t piece : {1U, 7U, 184U, 100'000U}) {
        CHECK(scanned({VideoCoding::h264, 0}, annex_b, piece).fingerprint() == one.fingerprint());
        CHECK(scanned({VideoCoding::h264, 2}, lengths({kSps, kPps}, 2), piece).fingerprint() == 0);
        CHECK(scanned({VideoCoding::h264, 3}, lengths({kSps, first, second}, 3), piece).fingerprint() ==
              one.fingerprint());
    }
    CHECK(scanned({VideoCoding::h264, 0}, annex_b).parameters() ==
          scanned({VideoCoding::h264, 4}, lengths({kSps, first}, 4)).parameters());
    auto other = first;
    other[20] ^= 1;
    CHECK(scanned({VideoCoding::h264, 4}, lengths({other, second}, 4)).fingerprint() != one.fingerprint());
    auto ordinary = first;
    ordinary[0] = 0x41;
    CHECK(scanned({VideoCoding::h264, 4}, lengths({ordinary, second}, 4)).fingerprint() == 0);
}

TEST_CASE("access unit: HEVC has keyframes of several kinds", "[probes][pop_delay]") {
    for (int type = 0; type < 32; ++type) {
        const auto nal = slice(static_cast<std::uint8_t>(type << 1), 500, 3);
        const auto scan = scanned({VideoCoding::hevc, 0}, start_codes({{0x46, 1, 0x50}, nal}, true));
        CHECK(scan.keyframe() == (type >= 16 && type <= 23));
        CHECK((scan.fingerprint() != 0) == scan.keyframe());
    }
}

TEST_CASE("access unit: another coding is recognised by all of it", "[probes][pop_delay]") {
    const auto picture = slice(1, 5'000, 4);
    CHECK(scanned({}, picture, 17, true).fingerprint() == scanned({}, picture, 5'000, true).fingerprint());
    CHECK(scanned({}, picture, 17, true).fingerprint() != 0);
    CHECK(scanned({}, picture, 17, false).fingerprint() == 0);
}

TEST_CASE("access unit: cuts make no difference, be they before anything or behind all that is looked at", "[probes]") {
    CHECK(scanned({}, {}, 1, true).fingerprint() == 0);
    AccessUnitScan nothing;
    nothing.begin({}, true);
    nothing.feed({});
    CHECK(nothing.fingerprint() == 0);
    // A parameter set and messages of more than 8 KiB, with a time behind that.
    const auto padded = start_codes({slice(0x67, 8'300, 6), sei(canary(1)), slice(0x65, 100, 7)}, true);
    const auto whole = scanned({VideoCoding::h264, 0}, padded);
    CHECK_FALSE(whole.clock());
    CHECK_FALSE(whole.keyframe());
    for (const std::size_t piece : {1U, 13U, 4'096U}) {
        const auto cut = scanned({VideoCoding::h264, 0}, padded, piece);
        CHECK(cut.parameters() == whole.parameters());
        CHECK(cut.clock() == whole.clock());
    }
}

TEST_CASE("sei: the times that messages carry", "[probes][latency]") {
    const auto pairs = [](std::uint64_t value) {
        Octets out{0x1F};
        for (int shift = 48; shift >= 0; shift -= 16) {
            out.push_back(static_cast<std::uint8_t>(value >> (shift + 8)));
            out.push_back(static_cast<std::uint8_t>(value >> shift));
            if (shift > 0) out.push_back(0xFF);
        }
        return out;
    };
    const Octets bpm{0x0A, 0xEC, 0xFF, 0xE7, 0x52, 0x72, 0x4E, 0x2F, 0xA6, 0x2F, 0xD1, 0x9C, 0xD6, 0x1A, 0x93, 0xB5};
    const Octets nano{0xCF, 0x84, 0x82, 0x78, 0xEE, 0x23, 0x30, 0x6C, 0x92, 0x65, 0xE8, 0xFE, 0xF2, 0x2F, 0xB8, 0xB8};
    const auto uuid = text("0123456789abcdef");
    const auto ns = static_cast<std::uint64_t>(kWall.time_since_epoch().count());
    struct Row {
        std::string what;
        Octets message;
        std::optional<StreamClock> want;
    };
    const StreamClock encoder{ClockMethod::sei, kWall};
    const std::vector<Row> rows{
        {"our own", canary(kWall.time_since_epoch().count()), StreamClock{ClockMethod::canary, kWall}},
        {"our own, cut", Octets{kCanaryUuid.begin(), kCanaryUuid.end()}, std::nullopt},
        {"MISB microseconds", text("MISPmicrosectime") + pairs(ns / 1'000), encoder},
        {"MISB nanoseconds in HEVC", nano + pairs(ns), encoder},
        {"MISB without its 0xFF", text("MISPmicrosectime") + Octets(12, 1), std::nullopt},
        {"OBS's metrics", bpm + Octets{1, 1, 1} + text("2026-03-01T07:05:09.120Z") + Octets{0, 1, 2}, encoder},
        {"OBS's metrics, composition second",
         bpm + Octets{1, 1, 2} + text("2026-03-01T07:05:10.000Z") + Octets{0, 1, 1} + text("2026-03-01T07:05:09.120Z"),
         encoder},
        {"milliseconds as text", uuid + text("1772348709120"), encoder},
        {"microseconds as text, a zero behind", uuid + text("1772348709120000") + Octets{0}, encoder},
        {"nanoseconds as text", uuid + text("1772348709120000000"), encoder},
        {"UTC as text", uuid + text("2026-03-01T07:05:09.12Z"), encoder},
        {"no zone", uuid + text("2026-03-01T07:05:09.12"), std::nullopt},
        {"no such day", uuid + text("2026-02-30T07:05:09Z"), std::nullopt},
        {"what x264 writes", uuid + text("x264 - core 164 r3095 baee400 - H.264/MPEG-4 AVC codec"), std::nullopt},
        {"a number of no unit", uuid + text("177234870912"), std::nullopt},
        {"nothing", {}, std::nullopt},
    };
    for (const auto& row : rows) {
        INFO(row.what);
        CHECK(read_user_data(row.message) == row.want);
    }
}

TEST_CASE("sei: a message is read through emulation prevention, in pieces, beside others", "[probes][latency]") {
    // A value whose zeros need prevention.
    const auto stamped = start_codes(
        {sei(text("an identifier...and more")), sei(canary(0x0000'0100'0000'0001)), slice(0x41, 100, 5)}, true);
    for (const std::size_t piece : {1U, 3U, 1'000U}) {
        const auto scan = scanned({VideoCoding::h264, 0}, stamped, piece);
        REQUIRE(scan.clock());
        CHECK(scan.clock()->method == ClockMethod::canary);
        CHECK(scan.clock()->wall == Instant{Duration{0x0000'0100'0000'0001}});
        CHECK(scan.fingerprint() == 0);
    }
}
