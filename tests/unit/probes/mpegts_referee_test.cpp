// Files made by ffmpeg, read by libavformat and by the meter: the same units.
#include <algorithm>
#include <catch2/catch.hpp>
#include <string>

#include "probes/meters/mpegts.h"
#include "referee.h"

using namespace outrider;
using namespace outrider::probes;
using namespace outrider::probes::test;
using namespace std::chrono_literals;

namespace {

const Instant kArrival{1'700'000'000s};
constexpr std::int64_t kTicks = 90'000;
constexpr std::int64_t kWrap = std::int64_t{1} << 33;

/// `rounded`: frame durations that are no whole number of ticks, as 1,024 samples at 44.1 kHz: from the second frame of
/// a PES packet on libavformat's times are rounded, and ours are not.
struct Scenario {
    std::string name;
    std::string encoder;  // without it the scenario cannot be made
    std::string arguments;
    bool rounded = false;
    bool shifted = false;  // see unshift()
};

const std::string kPicture = "-f lavfi -i testsrc2=size=192x108:rate=25 ";
const std::string kSound = "-f lavfi -i sine=frequency=440:sample_rate=48000 ";
const std::string kX264 = "-c:v libx264 -preset ultrafast -g 50 ";

const Scenario kScenarios[] = {
    {"H.264 with B-frames, AAC with several frames a PES packet", "libx264",
     kPicture + kSound + "-t 6 " + kX264 + "-bf 3 -c:a aac -b:a 64k -f mpegts"},
    {"H.264 with an open GOP and AC-3", "libx264",
     kPicture + kSound + "-t 6 " + kX264 + "-bf 2 -x264-params open-gop=1:b-adapt=0 -c:a ac3 -f mpegts"},
    {"H.264 of many slices, stereo AC-3 at 44.1 kHz", "libx264",
     kPicture + kSound + "-t 4 " + kX264 + "-slices 4 -ar 44100 -ac 2 -c:a ac3 -b:a 192k -f mpegts", true},
    {"H.264 of variable frame rate, AAC at 44.1 kHz", "libx264",
     kPicture + kSound + "-t 6 -vf 'select=not(mod(n\\,7))+lt(mod(n\\,5)\\,2)' -vsync vfr " + kX264 +
         "-bf 2 -ar 44100 -c:a aac -f mpegts",
     true},
    {"H.264, keyframes of several hundred kilobytes", "libx264",
     "-f lavfi -i 'nullsrc=size=640x360:rate=25,geq=random(1)*255:128:128' -t 0.4 " + kX264 + "-qp 1 -f mpegts"},
    {"H.264 with stated PES lengths", "libx264",
     kPicture + "-t 3 " + kX264 + "-bf 2 -f mpegts -omit_video_pes_length 0"},
    {"HEVC with B-frames and AAC", "libx265",
     kPicture + kSound +
         "-t 5 -c:v libx265 -preset ultrafast -x265-params log-level=none:keyint=40:bframes=3 -c:a aac -f mpegts",
     false, true},
    {"MPEG-2 video with B-frames and MPEG audio", "mpeg2video",
     kPicture + kSound + "-t 5 -c:v mpeg2video -bf 2 -g 15 -c:a mp2 -f mpegts"},
    {"MPEG-4 part 2 and E-AC-3", "eac3", kPicture + kSound + "-t 4 -c:v mpeg4 -bf 2 -g 20 -c:a eac3 -f mpegts"},
    {"AAC as LATM", "aac", kSound + "-t 5 -c:a aac -f mpegts -mpegts_flags latm"},
    {"Opus", "libopus", kPicture + kSound + "-t 4 " + kX264 + "-c:a libopus -f mpegts"},
    {"one AAC frame a PES packet", "aac", kSound + "-t 4 -c:a aac -f mpegts -pes_payload_size 0"},
    {"packets of 192 bytes", "libx264",
     kPicture + kSound + "-t 4 " + kX264 + "-bf 2 -c:a ac3 -f mpegts -mpegts_m2ts_mode 1"},
    {"timestamps that wrap after two seconds", "libx264",
     kPicture + kSound + "-t 6 " + kX264 + "-bf 2 -c:a aac -output_ts_offset 95440 -f mpegts"},
};

/// libavformat's HEVC parser leaves the zero byte before the start code of each picture to the picture before: its
/// first packet is one byte longer than its PES packet, its last one shorter. The sizes are then those of the PES
/// packets.
void unshift(std::vector<RefereePacket>& parsed, const std::vector<RefereePacket>& as_contained) {
    REQUIRE(parsed.size() == as_contained.size());
    for (std::size_t i = 1; i + 1 < parsed.size(); ++i) CHECK(parsed[i].size == as_contained[i].size);
    CHECK(parsed.front().size == as_contained.front().size + 1);
    CHECK(parsed.back().size == as_contained.back().size - 1);
    parsed.front().size = as_contained.front().size;
    parsed.back().size = as_contained.back().size;
}

MediaUnits metered(const std::vector<std::byte>& bytes, std::size_t piece, TsCounts& counts) {
    TsMeter meter{{.limits = TsLimits::none(), .program = {}}};
    MediaUnits units;
    bool taken = true;
    for (std::size_t at = 0; at < bytes.size(); at += piece)
        taken = meter.feed(std::span{bytes}.subspan(at, std::min(piece, bytes.size() - at)), kArrival, units) && taken;
    REQUIRE(taken);
    meter.flush(units);
    counts = meter.counts();
    return units;
}

}  // namespace

TEST_CASE("mpegts: units equal libavformat's packets", "[probes][mpegts][referee]") {
    const TemporaryFolder folder;
    for (const auto& scenario : kScenarios) {
        if (!has_encoder(scenario.encoder)) {
            WARN("SKIPPED: mpegts against libavformat: " + scenario.name + ": no ffmpeg with " + scenario.encoder);
            continue;
        }
        INFO(scenario.name);
        const auto file = folder.path() / "media.ts";
        make_media(scenario.arguments, file);
        auto theirs = referee_packets(file, "mpegts");
        if (scenario.shifted) unshift(theirs.video, referee_packets(file, "mpegts", Parsers::off).video);
        const auto bytes = read_bytes(file);
        TsCounts counts;
        const auto ours = metered(bytes, 1316, counts);
        CHECK(theirs.video.size() + theirs.audio.size() > 9);
        CHECK(difference(units_of(ours, TrackKind::video), theirs.video, kTicks, kWrap).value_or("") == "");
        CHECK(difference(units_of(ours, TrackKind::audio), theirs.audio, kTicks, kWrap, scenario.rounded ? 1 : 0)
                  .value_or("") == "");
        // And not one error, but that ffmpeg's muxer writes a PCR beside frames only, and those may lie far apart.
        CHECK(counts == TsCounts{.packets = counts.packets,
                                 .skipped_bytes = counts.skipped_bytes,
                                 .expected = counts.expected,
                                 .pcr_discontinuity_errors = counts.pcr_discontinuity_errors});
        CHECK(counts.skipped_bytes == (bytes[0] == std::byte{kTsSyncByte} ? 0 : 4));  // a time stamp may come first
        TsCounts again;
        CHECK(metered(bytes, 1, again) == ours);
        CHECK(metered(bytes, bytes.size(), again) == ours);
        CHECK(again == counts);
    }
}

TEST_CASE("mpegts: a wrap leaves no step in the times", "[probes][mpegts][referee]") {
    if (!has_encoder("libx264")) {
        WARN("SKIPPED: mpegts times across a wrap: no ffmpeg with libx264");
        return;
    }
    const TemporaryFolder folder;
    const auto file = folder.path() / "wrap.ts";
    make_media(kPicture + "-t 6 " + kX264 + "-bf 0 -output_ts_offset 95440 -f mpegts", file);
    TsCounts counts;
    const auto units = metered(read_bytes(file), 188, counts);
    REQUIRE(units.size() == 150);
    for (std::size_t i = 1; i < units.size(); ++i) {
        const auto step = units[i].dts - units[i - 1].dts;
        CHECK(step >= 40ms - 1us);
        CHECK(step <= 40ms + 1us);
    }
}
