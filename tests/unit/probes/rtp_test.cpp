#include "probes/meters/rtp.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <random>
#include <set>
#include <string>
#include <vector>

using namespace outrider;
using namespace outrider::probes;
using namespace std::chrono_literals;

namespace {

const Instant kStart{1'700'000'000s};

RtpPacket packet(std::uint16_t sequence, std::uint32_t timestamp = 0, std::uint32_t ssrc = 7, std::uint8_t type = 33) {
    return {.marker = false,
            .payload_type = type,
            .sequence = sequence,
            .timestamp = timestamp,
            .ssrc = ssrc,
            .payload = {}};
}

/// Feeds sequence numbers 1 ms apart; two before the first make the source valid, of which the second counts.
RtpCounts counted(const std::vector<int>& sequence, Duration then = 0s) {
    RtpMeter meter;
    auto at = kStart;
    for (const int n : sequence) meter.on_packet(packet(static_cast<std::uint16_t>(n)), at += 1ms);
    meter.advance(at + then);
    return meter.counts();
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

}  // namespace

TEST_CASE("rtp: counts of known damage", "[probes][rtp]") {
    struct Case {
        std::string what;
        std::vector<int> came;
        RtpCounts want;
    };
    // The first packet makes the source a candidate: numbers(0, 50) is 50 packets from base 1 on.
    const std::vector<Case> cases{
        {"nothing missing", numbers(0, 50), {.received = 50, .expected = 50}},
        {"across the wrap", numbers(65'500, 65'560), {.received = 60, .expected = 60}},
        {"5 missing", numbers(0, 20) + numbers(26, 50), {.received = 45, .expected = 50, .lost_for_good = 5}},
        {"16 missing: seen here, not by a counter of 4 bits",
         numbers(0, 20) + numbers(37, 50),
         {.received = 34, .expected = 50, .lost_for_good = 16}},
        {"missing across the wrap",
         numbers(65'500, 65'530) + numbers(65'541, 65'560),
         {.received = 50, .expected = 60, .lost_for_good = 10}},
        {"more missing than the window holds",
         numbers(0, 20) + numbers(1'021, 1'050),
         {.received = 50, .expected = 1'050, .lost_for_good = 1'000}},
        {"one came twice", numbers(0, 20) + numbers(20, 50), {.received = 50, .expected = 50, .duplicates = 1}},
        {"an older one came twice",
         numbers(0, 20) + std::vector{11} + numbers(21, 50),
         {.received = 50, .expected = 50, .duplicates = 1}},
        {"two changed places",
         numbers(0, 20) + std::vector{22, 21} + numbers(23, 50),
         {.received = 50, .expected = 50, .reordered = 1}},
        {"reordered across the wrap",
         numbers(65'500, 65'534) + std::vector{65'536, 65'535} + numbers(65'537, 65'560),
         {.received = 60, .expected = 60, .reordered = 1}},
        {"a jump that goes on is a restart",
         numbers(0, 20) + numbers(40'000, 40'019),
         {.received = 39, .expected = 39, .restarts = 1, .stray = 1}},
        {"a jump that does not go on is a stray",
         numbers(0, 20) + std::vector{40'000} + numbers(21, 50),
         {.received = 50, .expected = 50, .stray = 1}},
        {"back by 100 is a restart, too",
         numbers(200, 300) + numbers(100, 120),
         {.received = 120, .expected = 120, .restarts = 1, .stray = 1}},
        {"before the base", std::vector{5, 6, 5, 4} + numbers(7, 9), {.received = 4, .expected = 4, .stray = 2}},
    };
    for (const auto& one : cases) {
        INFO(one.what);
        CHECK((counted(one.came, 2s) == one.want));
        CHECK(one.want.lost() == one.want.lost_for_good);
    }
}

TEST_CASE("rtp: what is missing becomes lost for good after a second, or 128 numbers", "[probes][rtp]") {
    RtpMeter meter;
    auto at = kStart;
    for (const int n : {0, 1, 3}) meter.on_packet(packet(static_cast<std::uint16_t>(n)), at);
    CHECK(meter.counts().lost() == 1);
    meter.advance(at + 1s);
    CHECK(meter.counts().lost_for_good == 0);
    meter.advance(at + 1'001ms);
    CHECK(meter.counts().lost_for_good == 1);
    CHECK(meter.on_packet(packet(2), at + 1'002ms).verdict == RtpVerdict::reordered);
    CHECK(meter.counts().late == 1);
    CHECK(meter.counts().lost() == 0);
    CHECK(meter.counts().lost_for_good == 1);  // a counter does not fall
    meter.on_packet(packet(5), at + 2s);
    for (std::uint16_t n = 6; n < 132; ++n) meter.on_packet(packet(n), at + 2s);
    CHECK(meter.counts().lost_for_good == 1);
    meter.on_packet(packet(132), at + 2s);
    CHECK(meter.counts().lost_for_good == 2);
}

TEST_CASE("rtp: another source takes over with two packets in sequence, an intruder does not", "[probes][rtp]") {
    RtpMeter meter;
    auto at = kStart;
    for (std::uint16_t n = 0; n < 10; ++n) meter.on_packet(packet(n, 0, 1), at);
    SECTION("takes over") {
        CHECK(meter.on_packet(packet(500, 0, 2), at).verdict == RtpVerdict::waiting);
        const auto started = meter.on_packet(packet(501, 0, 2), at);
        CHECK(started.verdict == RtpVerdict::started);
        CHECK(meter.on_packet(packet(502, 0, 2), at).index == started.index + 1);
        CHECK(meter.ssrc() == 2);
        CHECK((meter.counts() == RtpCounts{.received = 11, .expected = 11, .stray = 1, .new_sources = 1}));
    }
    SECTION("intrudes") {
        for (std::uint16_t n = 10; n < 20; ++n) {
            CHECK(meter.on_packet(packet(n, 0, 1), at).verdict == RtpVerdict::in_order);
            CHECK(meter.on_packet(packet(n, 0, 2), at).verdict == RtpVerdict::waiting);
        }
        CHECK((meter.counts() == RtpCounts{.received = 19, .expected = 19, .stray = 10}));
    }
}

TEST_CASE("rtp: FEC and other payload types are left alone", "[probes][rtp]") {
    SECTION("the type that was asked for") {
        RtpMeter meter;
        for (std::uint16_t n = 0; n < 10; ++n) {
            meter.on_packet(packet(n), kStart);
            CHECK(meter.on_packet(packet(n, 0, 0, 96), kStart).verdict == RtpVerdict::other_type);
        }
        CHECK((meter.counts() == RtpCounts{.received = 9, .expected = 9, .other_types = 10}));
    }
    SECTION("the type of the first packet") {
        RtpMeter meter{{.payload_type = std::nullopt, .clock_rate = 90'000}};
        for (std::uint16_t n = 0; n < 10; ++n) meter.on_packet(packet(n, 0, 7, 97), kStart);
        meter.on_packet(packet(10, 0, 7, 33), kStart);
        CHECK((meter.counts() == RtpCounts{.received = 9, .expected = 9, .other_types = 1}));
    }
}

TEST_CASE("rtp: jitter", "[probes][rtp]") {
    SECTION("none when packets come as they were sent, across the wrap of the timestamps") {
        RtpMeter meter;
        for (int i = 0; i < 100; ++i)
            meter.on_packet(packet(static_cast<std::uint16_t>(i), 0xFFFFF000U + static_cast<std::uint32_t>(i) * 900),
                            kStart + i * 10ms);
        REQUIRE(meter.jitter().has_value());
        CHECK(*meter.jitter() == 0ns);
    }
    SECTION("D of 16 ms once gives 1 ms, and a sixteenth less with each packet") {
        RtpMeter meter;
        meter.on_packet(packet(0, 0), kStart);
        CHECK_FALSE(meter.jitter().has_value());
        meter.on_packet(packet(1, 900), kStart + 10ms);
        CHECK_FALSE(meter.jitter().has_value());  // the source began with this one
        meter.on_packet(packet(2, 1'800), kStart + 36ms);
        CHECK(meter.jitter() == 1ms);
        meter.on_packet(packet(3, 2'700), kStart + 46ms);
        CHECK(meter.jitter() == 1ms - 62'500ns);
    }
}

TEST_CASE("rtp: counts equal those of a plain record of all that was sent and came", "[probes][rtp][property]") {
    for (unsigned seed = 1; seed <= 200; ++seed) {
        INFO("seed " << seed);
        std::mt19937 random{seed};
        const auto chance = [&random](double p) { return std::bernoulli_distribution{p}(random); };
        const double drop = seed % 5 * 0.05;
        const double repeat = seed % 3 * 0.05;
        const double delay = seed % 7 * 0.03;
        const auto first = static_cast<std::uint64_t>(random() & 0xFFFF);
        // What comes when: its place in line, then who sent it.
        std::vector<std::pair<double, std::uint64_t>> line;
        for (std::uint64_t n = 0; n < 3'000; ++n) {
            const auto at = static_cast<double>(n);
            const bool edge = n < 2 || n == 2'999;  // the start makes the base, the end the extended highest
            if (!edge && chance(drop)) continue;
            line.emplace_back(!edge && chance(delay) ? at + static_cast<double>(random() % 60) + 0.5 : at, first + n);
            if (!edge && chance(repeat)) line.emplace_back(at + static_cast<double>(random() % 30) + 0.25, first + n);
        }
        std::ranges::stable_sort(line, {}, &std::pair<double, std::uint64_t>::first);

        RtpMeter meter;
        std::set<std::uint64_t> seen;
        std::uint64_t highest = 0;
        std::uint64_t reordered = 0;
        std::uint64_t duplicates = 0;
        for (std::size_t i = 0; i < line.size(); ++i) {
            const auto n = line[i].second;
            meter.on_packet(packet(static_cast<std::uint16_t>(n)), kStart + static_cast<int>(i) * 1ms);
            if (i == 0) continue;  // the candidate
            if (!seen.insert(n).second) {
                ++duplicates;
            } else if (n < highest) {
                ++reordered;
            }
            highest = std::max(highest, n);
        }
        const auto& counts = meter.counts();
        CHECK(counts.expected == highest - first);
        CHECK(counts.received == seen.size());
        CHECK(counts.lost() == highest - first - seen.size());
        CHECK(counts.reordered == reordered);
        CHECK(counts.duplicates == duplicates);
        CHECK(counts.late == 0);
        meter.advance(kStart + 1h);
        CHECK(meter.counts().lost_for_good == counts.lost());
    }
}
