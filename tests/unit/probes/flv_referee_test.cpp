// Files made by ffmpeg, read by libavformat and by the FLV meter: the same units. FFmpeg 5.1 cannot write HEVC into
// FLV, so that enhanced FLV is tested on hand-made tags only (flv_test.cpp).
#include <algorithm>
#include <catch2/catch.hpp>
#include <string>

#include "probes/meters/flv.h"
#include "referee.h"

using namespace outrider;
using namespace outrider::probes;
using namespace outrider::probes::test;
using namespace std::chrono_literals;

namespace {

constexpr std::int64_t kTicks = 1'000;

struct Scenario {
    std::string name;
    std::string arguments;
};

const std::string kPicture = "-f lavfi -i testsrc2=size=192x108:rate=25 ";
const std::string kSound = "-f lavfi -i sine=frequency=440:sample_rate=44100 ";
const std::string kX264 = "-c:v libx264 -preset ultrafast -g 50 ";

const Scenario kScenarios[] = {
    {"H.264 with B-frames and AAC", kPicture + kSound + "-t 6 " + kX264 + "-bf 3 -c:a aac -f flv"},
    {"H.264 of variable frame rate and MP3", kPicture + kSound +
                                                 "-t 6 -vf 'select=not(mod(n\\,7))+lt(mod(n\\,5)\\,2)' -vsync vfr " +
                                                 kX264 + "-bf 2 -c:a libmp3lame -f flv"},
    {"AAC alone", kSound + "-t 3 -c:a aac -f flv"},
    {"H.264 alone, with an open GOP", kPicture + "-t 4 " + kX264 + "-bf 2 -x264-params open-gop=1 -f flv"},
    {"timestamps beyond 24 bits", kPicture + kSound + "-t 3 " + kX264 + "-c:a aac -output_ts_offset 16776 -f flv"},
};

MediaUnits metered(const std::vector<std::byte>& bytes, std::size_t piece) {
    FlvMeter meter;
    MediaUnits units;
    bool taken = true;
    for (std::size_t at = 0; at < bytes.size(); at += piece)
        taken = meter.feed(std::span{bytes}.subspan(at, std::min(piece, bytes.size() - at)), Instant{}, units) && taken;
    REQUIRE(taken);
    return units;
}

}  // namespace

TEST_CASE("flv: units equal libavformat's packets", "[probes][flv][referee]") {
    if (!has_encoder("libx264") || !has_encoder("libmp3lame")) {
        WARN("SKIPPED: flv against libavformat: no ffmpeg with libx264 and libmp3lame");
        return;
    }
    const TemporaryFolder folder;
    for (const auto& scenario : kScenarios) {
        INFO(scenario.name);
        const auto file = folder.path() / "media.flv";
        make_media(scenario.arguments, file);
        const auto theirs = referee_packets(file, "flv");
        const auto bytes = read_bytes(file);
        const auto ours = metered(bytes, 1'400);
        CHECK(theirs.video.size() + theirs.audio.size() > 90);
        CHECK(difference(units_of(ours, TrackKind::video), theirs.video, kTicks).value_or("") == "");
        CHECK(difference(units_of(ours, TrackKind::audio), theirs.audio, kTicks).value_or("") == "");
        CHECK(metered(bytes, 1) == ours);
    }
}
