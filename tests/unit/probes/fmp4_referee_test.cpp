// The fMP4 meter against libavformat on files that ffmpeg makes.
#include <algorithm>
#include <catch2/catch.hpp>
#include <string>

#include "probes/meters/fmp4.h"
#include "probes/meters/fmp4_bytes.h"
#include "referee.h"

using namespace outrider;
using namespace outrider::probes;
using namespace outrider::probes::test;
using namespace std::chrono_literals;

namespace {

const Instant kArrival{1'700'000'000s};

struct Read {
    MediaUnits units;
    std::uint32_t video_scale = 1;
    std::uint32_t audio_scale = 1;
    std::optional<ProducerTime> producer;
};

Read read(const std::vector<std::byte>& bytes, std::size_t piece) {
    Fmp4Meter meter;
    Read out;
    for (std::size_t at = 0; at < bytes.size(); at += piece)
        meter.feed(std::span{bytes}.subspan(at, std::min(piece, bytes.size() - at)), kArrival, out.units);
    REQUIRE(meter.error() == "");
    for (const auto& track : meter.tracks())
        (track.kind() == TrackKind::video ? out.video_scale : out.audio_scale) = track.timescale;
    out.producer = meter.producer_time();
    return out;
}

void check_against_referee(const std::filesystem::path& file) {
    const auto packets = referee_packets(file, "mov");
    const auto bytes = read_bytes(file);
    const auto ours = read(bytes, bytes.size());
    REQUIRE(packets.video.size() + packets.audio.size() > 0);
    CHECK(difference(units_of(ours.units, TrackKind::video), packets.video, ours.video_scale).value_or("") == "");
    CHECK(difference(units_of(ours.units, TrackKind::audio), packets.audio, ours.audio_scale).value_or("") == "");
    for (const std::size_t piece : {1U, 7U, 188U, 1460U}) CHECK(read(bytes, piece).units == ours.units);
}

const std::string kPicture = "-f lavfi -i testsrc2=size=160x120:rate=25 ";
const std::string kSound = "-f lavfi -i sine=sample_rate=48000 ";

}  // namespace

TEST_CASE("fmp4 referee: units equal libavformat's packets", "[probes][fmp4][referee]") {
    struct Case {
        std::string what;
        std::string encoder;  // which must be there
        std::string arguments;
    };
    const std::string frag = "-f mp4 -movflags +frag_keyframe+empty_moov+default_base_moof ";
    const auto c = GENERATE_COPY(values<Case>({
        {"H.264 with B-frames and AAC", "libx264",
         kPicture + kSound + "-t 6 -c:v libx264 -preset veryfast -g 50 -bf 3 -c:a aac " + frag},
        {"H.264 with edit lists", "libx264",
         kPicture + kSound +
             "-t 4 -c:v libx264 -preset veryfast -g 25 -bf 2 -c:a aac -f mp4 -movflags "
             "+frag_keyframe+delay_moov+default_base_moof "},
        {"H.264, data offsets from the file's beginning", "libx264",
         kPicture + kSound +
             "-t 4 -c:v libx264 -preset veryfast -g 25 -bf 2 -c:a aac -f mp4 -movflags +frag_keyframe+empty_moov "},
        {"H.264, data offsets implied", "libx264",
         kPicture + kSound +
             "-t 4 -c:v libx264 -preset veryfast -g 25 -c:a aac -f mp4 -movflags "
             "+frag_keyframe+empty_moov+omit_tfhd_offset "},
        {"H.264, one track a fragment", "libx264",
         kPicture + kSound +
             "-t 4 -c:v libx264 -preset veryfast -g 25 -c:a aac -f mp4 -movflags "
             "+frag_keyframe+empty_moov+separate_moof+default_base_moof "},
        {"HEVC", "libx265",
         kPicture + "-t 3 -c:v libx265 -preset ultrafast -x265-params log-level=none:bframes=2:keyint=25 -tag:v hvc1 " +
             frag},
        {"variable frame rate", "libx264",
         kPicture +
             "-t 6 -vf \"select='not(mod(n,3))+gt(mod(n,50),25)'\" -vsync vfr -c:v libx264 -preset veryfast -g 20 "
             "-bf 2 " +
             frag},
        {"CMAF without B-frames", "libx264",
         kPicture + kSound + "-t 4 -c:v libx264 -preset veryfast -g 25 -bf 0 -c:a aac -f mp4 -movflags +cmaf "},
        {"AAC alone", "aac", kSound + "-t 3 -c:a aac -f mp4 -frag_duration 500000 -movflags +empty_moov "},
        {"half-second fragments, a chunk each", "libx264",
         kPicture + "-t 4 -c:v libx264 -preset veryfast -g 50 -bf 2 -f mp4 -frag_duration 200000 -movflags "
                    "+empty_moov+default_base_moof "},
    }));
    if (!has_encoder(c.encoder)) {
        WARN("SKIPPED: no encoder " + c.encoder + " here, for: " + c.what);
        return;
    }
    INFO(c.what);
    const TemporaryFolder folder;
    const auto file = folder.path() / "a.mp4";
    make_media(c.arguments, file);
    check_against_referee(file);
}

TEST_CASE("fmp4 referee: CMAF's negative composition offsets", "[probes][fmp4][referee]") {
    // ISO says pts = dts + offset. libavformat adds the largest negative offset on top, so that no pts precedes its
    // dts: all pictures are shown that much later than the sound beside them. Ours is what ISO says.
    if (!has_encoder("libx264")) {
        WARN("SKIPPED: no encoder libx264 here");
        return;
    }
    const TemporaryFolder folder;
    const auto file = folder.path() / "a.mp4";
    make_media(kPicture + kSound + "-t 4 -c:v libx264 -preset veryfast -g 25 -bf 2 -c:a aac -f mp4 -movflags +cmaf ",
               file);
    auto packets = referee_packets(file, "mov");
    const auto bytes = read_bytes(file);
    const auto ours = read(bytes, bytes.size());
    REQUIRE_FALSE(packets.video.empty());
    const auto shift = packets.video.front().pts - packets.video.front().dts;
    CHECK(shift > 0);
    for (auto& packet : packets.video) packet.pts -= shift;
    CHECK(difference(units_of(ours.units, TrackKind::video), packets.video, ours.video_scale).value_or("") == "");
    CHECK(difference(units_of(ours.units, TrackKind::audio), packets.audio, ours.audio_scale).value_or("") == "");
}

TEST_CASE("fmp4 referee: ffmpeg's producer reference time is the time it was written", "[probes][fmp4]") {
    if (!has_encoder("libx264")) {
        WARN("SKIPPED: no encoder libx264 here");
        return;
    }
    const TemporaryFolder folder;
    const auto file = folder.path() / "a.mp4";
    const auto now = [] { return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now()); };
    const auto before = now();
    make_media(
        kPicture + "-t 2 -c:v libx264 -preset veryfast -g 25 -bf 0 -f mp4 -write_prft wallclock -movflags +cmaf ",
        file);
    const auto bytes = read_bytes(file);
    const auto producer = read(bytes, bytes.size()).producer;
    REQUIRE(producer);
    CHECK(producer->kind == TrackKind::video);
    CHECK(producer->media == 1s);
    CHECK(producer->wall >= before - 1s);
    CHECK(producer->wall <= now() + 1s);
}
