// What the trace of an HLS session says of playlists that go wrong.
#include <atomic>
#include <catch2/catch.hpp>
#include <string>

#include "hls_server.h"
#include "session_fixture.h"

using namespace outrider;
using namespace outrider::probes;
using namespace outrider::probes::test;
using namespace std::chrono_literals;

namespace {

std::string playlist(int first) {
    auto text = "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXT-X-MEDIA-SEQUENCE:" + std::to_string(first) + "\n";
    for (int i = 0; i < 4; ++i) text += "#EXTINF:1,\n" + std::to_string(first + i) + ".aac?token=s3cret\n";
    return text;
}

Target target_at(std::uint16_t port) {
    return {.id = TargetId{0},
            .stream = "demo",
            .pop = "here",
            .protocol = "hls",
            .url = "http://live.example/list.m3u8?token=s3cret",
            .connect_to = "127.0.0.1:" + std::to_string(port),
            .viewers = {{.name = "1s", .start = 1s, .resume = 1s}},
            .heartbeat = 50ms};
}

void wait_for_trace(ShardUnderTest& shard, const std::string& text) {
    INFO("waiting for " << text);
    shard.wait_for([&](const Sample&) { return shard.trace().find(text) != std::string::npos; });
}

}  // namespace

TEST_CASE("hls trace: a playlist that went back, then goes stale, then is gone", "[probes][hls][trace]") {
    std::atomic<int> loads = 0;
    std::atomic<bool> gone = false;
    HlsServer server{[&](const HlsRequest& request) {
        if (request.path.find(".m3u8") == std::string::npos) return answer("200 OK", "ID3 and then packed audio");
        if (gone) return answer("404 Not Found", "nothing here");
        return answer("200 OK", playlist(++loads == 1 ? 10 : 5));
    }};
    ShardUnderTest shard{{target_at(server.port())}};
    wait_for_trace(shard, "playlist: went back\n#EXT-X-TARGETDURATION:1\n#EXT-X-MEDIA-SEQUENCE:5\n");
    CHECK_THAT(shard.trace(), Catch::Contains("#EXTINF:1,\n8.aac?token=<secret>\n"));
    wait_for_trace(shard, "playlist: has not changed for more than one and a half target durations\n");
    gone = true;
    wait_for_trace(shard, "playlist: http_4xx: The requested URL returned error: 404");
    CHECK_THAT(shard.trace(), !Catch::Contains("s3cret"));
    // A kept connection is told of once, and its answers where their status changes.
    const auto trace = shard.trace();
    std::size_t answers = 0;
    for (auto at = trace.find("response: "); at != trace.npos; at = trace.find("response: ", at + 1)) ++answers;
    CHECK(answers <= 4);
}

TEST_CASE("hls trace: what is malformed is told with its line", "[probes][hls][trace]") {
    HlsServer server{[&](const HlsRequest&) {
        return answer("200 OK", "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:x,\na.ts?token=s3cret\n");
    }};
    ShardUnderTest shard{{target_at(server.port())}};
    shard.wait_for_outcome(Outcome::malformed);
    wait_for_trace(shard, "end: malformed: line 3: ");
    CHECK_THAT(shard.trace(), Catch::Contains("playlist: malformed: line 3: ") &&
                                  Catch::Contains("a.ts?token=<secret>") && !Catch::Contains("s3cret"));
}
