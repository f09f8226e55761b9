// One encoded stream in several containers, as ffmpeg copies it between them: each keyframe has one fingerprint.
#include <catch2/catch.hpp>
#include <set>
#include <string>

#include "probes/meters/flv.h"
#include "probes/meters/fmp4.h"
#include "probes/meters/mpegts.h"
#include "referee.h"

using namespace outrider;
using namespace outrider::probes;
using namespace outrider::probes::test;

namespace {

template <class Meter>
std::vector<std::uint64_t> keyframes(Meter meter, const std::filesystem::path& file) {
    MediaUnits units;
    const auto bytes = read_bytes(file);
    for (std::size_t at = 0; at < bytes.size(); at += 1'400)
        meter.feed(std::span{bytes}.subspan(at, std::min<std::size_t>(1'400, bytes.size() - at)), Instant{}, units);
    if constexpr (requires { meter.flush(units); }) meter.flush(units);
    REQUIRE(meter.error() == "");
    std::vector<std::uint64_t> found;
    for (const auto& unit : units)
        if (unit.kind == TrackKind::video && unit.keyframe) found.push_back(unit.fingerprint);
    return found;
}

const std::string kFragments = " -f mp4 -movflags +frag_keyframe+empty_moov+default_base_moof";

}  // namespace

TEST_CASE("fingerprint: a keyframe is the same in FLV, MPEG-TS and fMP4", "[probes][pop_delay][referee]") {
    if (!has_encoder("libx264")) {
        WARN("SKIPPED: fingerprints across containers: no ffmpeg with libx264");
        return;
    }
    const auto slices = GENERATE(as<std::string>{}, "1", "4");
    const TemporaryFolder folder;
    const auto flv = folder.path() / "a.flv";
    const auto ts = folder.path() / "a.ts";
    const auto mp4 = folder.path() / "a.mp4";
    make_media("-f lavfi -i testsrc2=size=640x360:rate=25 -t 5 -c:v libx264 -preset ultrafast -g 25 -slices " + slices +
                   " -f flv",
               flv);
    make_media("-i " + flv.string() + " -c copy -f mpegts", ts);
    make_media("-i " + flv.string() + " -c copy" + kFragments, mp4);
    const auto in_flv = keyframes(FlvMeter{}, flv);
    REQUIRE(in_flv.size() == 5);
    CHECK(std::set(in_flv.begin(), in_flv.end()).size() == 5);
    CHECK(std::set(in_flv.begin(), in_flv.end()).count(0) == 0);
    CHECK(keyframes(TsMeter{{.limits = TsLimits::none(), .program = {}}}, ts) == in_flv);
    CHECK(keyframes(Fmp4Meter{}, mp4) == in_flv);
}

TEST_CASE("fingerprint: the same for HEVC in MPEG-TS and fMP4", "[probes][pop_delay][referee]") {
    if (!has_encoder("libx265")) {
        WARN("SKIPPED: fingerprints of HEVC across containers: no ffmpeg with libx265");
        return;
    }
    const TemporaryFolder folder;
    const auto ts = folder.path() / "a.ts";
    const auto mp4 = folder.path() / "a.mp4";
    make_media(
        "-f lavfi -i testsrc2=size=320x180:rate=25 -t 4 -c:v libx265 -preset ultrafast -x265-params "
        "log-level=none:keyint=25:min-keyint=25 -tag:v hvc1" +
            kFragments,
        mp4);
    make_media("-i " + mp4.string() + " -c copy -f mpegts", ts);
    const auto in_mp4 = keyframes(Fmp4Meter{}, mp4);
    REQUIRE(in_mp4.size() >= 4);
    CHECK(std::set(in_mp4.begin(), in_mp4.end()).count(0) == 0);
    CHECK(keyframes(TsMeter{{.limits = TsLimits::none(), .program = {}}}, ts) == in_mp4);
}
