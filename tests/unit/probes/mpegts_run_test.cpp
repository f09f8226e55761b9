// Packets that only go on with their elementary stream are taken together: the same facts as packet by packet.
#include <algorithm>
#include <catch2/catch.hpp>
#include <random>

#include "probes/meters/mpegts.h"
#include "ts_builder.h"

using namespace outrider;
using namespace outrider::probes;
using namespace outrider::probes::test;
using namespace std::chrono_literals;

namespace {

const Instant kStart{1'700'000'000s};

class Chance {
public:
    explicit Chance(std::uint32_t seed) : random_(seed) {}
    int from(int least, int most) { return std::uniform_int_distribution{least, most}(random_); }
    bool one_in(int n) { return from(1, n) == 1; }

private:
    std::mt19937 random_;
};

/// Coded data with zeros and start codes in it, some of it several slices.
Octets picture(Chance& chance, int video_type, bool key) {
    auto out = video_type == 0x02 ? Octets{0, 0, 1, 0x00, 0x00, static_cast<std::uint8_t>(key ? 0x08 : 0x10)}
                                  : TsBuilder::h264(key, 10);
    const auto size = static_cast<std::size_t>(chance.one_in(6) ? chance.from(60'000, 90'000) : chance.from(20, 9'000));
    while (out.size() < size) {
        out.push_back(static_cast<std::uint8_t>(chance.one_in(40) ? 0 : chance.from(1, 255)));
        if (chance.one_in(2'000)) TsBuilder::append(out, {0, 0, 1, key ? 0x65 : 0x41});
    }
    return out;
}

/// Video with a clock and audio, each in its packets, changing places often.
std::vector<RawPacket> stream(Chance& chance) {
    TsBuilder ts;
    const int video_type = chance.one_in(3) ? 0x02 : 0x1B;
    ts.pat().pmt(video_type);
    for (std::uint64_t i = 0; i < 12; ++i) {
        const auto dts = 90'000 + i * 3'600;
        const bool key = i % 4 == 0;
        ts.pes(kVideoPid, 0xE0, {dts + 7'200, dts}, picture(chance, video_type, key), chance.one_in(4),
               {.pcr_base = dts - 9'000, .random_access = key, .discontinuity = chance.one_in(10)});
        Octets frames;
        for (int n = chance.from(1, 8); n > 0; --n) {
            const auto frame = TsBuilder::adts(chance.from(50, 700));
            frames.insert(frames.end(), frame.begin(), frame.end());
        }
        ts.pes(kAudioPid, 0xC0, {dts, {}}, frames, chance.one_in(2));
        if (chance.one_in(3)) ts.pat().pmt(video_type);
    }
    return ts.packets();
}

/// Lost, repeated, exchanged, marked as broken, scrambled, of another priority, with another counter.
void damage(std::vector<RawPacket>& packets, Chance& chance) {
    for (int n = chance.from(0, 40); n > 0; --n) {
        const auto at = chance.from(10, static_cast<int>(packets.size()) - 20);
        const auto place = packets.begin() + at;
        switch (chance.from(0, 7)) {
            case 0: packets.erase(place, place + chance.from(1, 18)); break;
            case 1: packets.insert(place, *place); break;
            case 2: std::iter_swap(place, place + 1); break;
            case 3: (*place)[1] |= 0x80; break;
            case 4: (*place)[3] |= 0x80; break;
            case 5: (*place)[1] |= 0x20; break;
            case 6: (*place)[3] ^= static_cast<std::uint8_t>(chance.from(1, 15)); break;
            default: (*place)[0] = 0x46; break;
        }
    }
}

void feed_in_pieces(TsMeter& meter, std::span<const std::byte> bytes, std::size_t piece, Instant at,
                    MediaUnits& units) {
    for (; !bytes.empty(); bytes = bytes.subspan(std::min(piece, bytes.size())))
        meter.feed(bytes.first(std::min(piece, bytes.size())), at, units);
}

}  // namespace

TEST_CASE("mpegts: packets taken together give the facts of packets one by one", "[probes][mpegts]") {
    std::uint64_t units_seen = 0;
    for (std::uint32_t seed = 1; seed <= 20; ++seed) {
        CAPTURE(seed);
        Chance chance{seed};
        auto packets = stream(chance);
        if (!chance.one_in(4)) damage(packets, chance);
        const auto bytes = TsBuilder::joined(packets);
        TsMeter together;
        TsMeter apart;
        MediaUnits wanted;
        MediaUnits units;
        auto at = kStart;
        for (std::span rest{bytes}; !rest.empty();) {
            const auto chunk =
                rest.first(std::min<std::size_t>(static_cast<std::size_t>(chance.from(1, 40'000)), rest.size()));
            rest = rest.subspan(chunk.size());
            together.feed(chunk, at, units);
            feed_in_pieces(apart, chunk, 97, at, wanted);  // never two whole packets
            at += std::chrono::milliseconds{chance.from(0, 400)};
        }
        together.flush(units);
        apart.flush(wanted);
        CHECK(units == wanted);
        CHECK(together.counts() == apart.counts());
        CHECK(together.last_pcr() == apart.last_pcr());
        CHECK(together.pcr_jitter() == apart.pcr_jitter());
        units_seen += units.size();
    }
    CHECK(units_seen > 400);
}

TEST_CASE("mpegts: a repetition is known behind packets taken together, and so is a loss of fifteen",
          "[probes][mpegts][damage]") {
    TsBuilder ts;
    for (int i = 0; i < 60; ++i) ts.packet(kVideoPid, false, Octets(184, static_cast<std::uint8_t>(i + 1)));
    const auto packets = ts.packets();
    const auto counted = [](const std::vector<RawPacket>& some) {
        TsMeter meter{{.limits = TsLimits::none(), .program = {}}};
        MediaUnits units;
        const auto bytes = TsBuilder::joined(some);
        // The first packets bring sync, the others come together.
        meter.feed(std::span{bytes}.first(10 * kTsPacketSize), kStart, units);
        meter.feed(std::span{bytes}.subspan(10 * kTsPacketSize), kStart, units);
        return meter.counts();
    };
    auto repeated = packets;
    repeated.insert(repeated.begin() + 40, repeated[39]);
    CHECK(counted(repeated) == TsCounts{.packets = 61, .expected = 60, .duplicates = 1});
    auto holed = packets;
    holed.erase(holed.begin() + 40, holed.begin() + 55);
    CHECK(counted(holed) == TsCounts{.packets = 45, .expected = 60, .lost = 15, .cc_errors = 1});
}

TEST_CASE("mpegts: one PID for video and audio gives their units in the order of its packets", "[probes][mpegts]") {
    TsBuilder ts;
    ts.pat();
    Octets body{0xE1, 0x00, 0xF0, 0x00};
    TsBuilder::append(body, {0x1B, 0xE1, 0x00, 0xF0, 0x00, 0x0F, 0xE1, 0x00, 0xF0, 0x00});
    ts.section(kPmtPid, TsBuilder::long_section(2, 1, 0, 0, 0, body));
    Octets frames;  // with a header of 14 bytes ten packets without an adaptation field
    for (int i = 0; i < 22; ++i) {
        const auto frame = TsBuilder::adts(83);
        frames.insert(frames.end(), frame.begin(), frame.end());
    }
    for (std::uint64_t i = 0; i < 8; ++i) ts.pes(kVideoPid, 0xE0, {90'000 + i * 43'000, {}}, frames, true);
    TsMeter together{{.limits = TsLimits::none(), .program = {}}};
    TsMeter apart{{.limits = TsLimits::none(), .program = {}}};
    MediaUnits units;
    MediaUnits wanted;
    const auto bytes = ts.bytes();
    together.feed(bytes, kStart, units);
    feed_in_pieces(apart, bytes, 97, kStart, wanted);
    CHECK(units == wanted);
    CHECK(units.size() == 8 * (22 + 1));
    CHECK(together.counts() == apart.counts());
}
