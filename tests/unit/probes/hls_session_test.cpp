// The HLS session against a scripted server on loopback, with segments that ffmpeg made.
#include <algorithm>
#include <catch2/catch.hpp>
#include <fstream>
#include <functional>
#include <map>

#include "hls_server.h"
#include "hls_watcher.h"
#include "outrider/time_text.h"
#include "probes/hls/playlist.h"
#include "probes/protocols.h"
#include "referee.h"

using namespace outrider;
using namespace outrider::probes;
using namespace outrider::probes::test;
using namespace std::chrono_literals;

namespace {

/// What ffmpeg made: files by name, and what its own playlist says of them.
struct Recording {
    std::map<std::string, std::string> files;
    MediaPlaylist list;
};

/// Twelve seconds of a moving picture with sound in segments of one second.
Recording record(const std::string& format, const std::string& source = "testsrc2") {
    const TemporaryFolder folder;
    make_media(
        "-f lavfi -i " + source +
            "=size=160x120:rate=25 -f lavfi -i sine=sample_rate=48000 -t 12 -c:v libx264 -preset ultrafast -g 25 "
            "-keyint_min 25 -sc_threshold 0 -c:a aac -f hls -hls_time 1 -hls_list_size 0 " +
            format,
        folder.path() / "list.m3u8");
    Recording out;
    for (const auto& entry : std::filesystem::directory_iterator{folder.path()}) {
        std::ifstream file{entry.path(), std::ios::binary};
        out.files[entry.path().filename().string()] = {std::istreambuf_iterator<char>{file}, {}};
    }
    out.list = std::get<MediaPlaylist>(*parse_playlist(out.files.at("list.m3u8")));
    return out;
}

/// A recording served as if it were live: at the start four segments are there, then one more each second.
class LiveOrigin {
public:
    explicit LiveOrigin(Recording recording) : recording_(std::move(recording)), began_(wall_now()) {}

    std::string operator()(const HlsRequest& request) {
        const auto path = request.path.substr(0, request.path.find('?'));
        const auto name = path.substr(path.rfind('/') + 1);
        if (name == "master.m3u8")
            return answer("200 OK",
                          "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nlow/gone.m3u8\n"
                          "#EXT-X-STREAM-INF:BANDWIDTH=2\nlist.m3u8\n");
        if (name == "list.m3u8") return answer("200 OK", playlist());
        const auto file = recording_.files.find(name);
        if (file == recording_.files.end()) return answer("404 Not Found", "");
        if (!request.range) return answer("200 OK", file->second);
        return answer("206 Partial Content",
                      file->second.substr(request.range->first, request.range->second - request.range->first + 1));
    }

    std::size_t published_at_most = 1000;  ///< segments; beyond them the playlist goes stale
    std::function<std::string(std::size_t)> before = [](std::size_t) { return std::string{}; };  ///< tags of a segment

private:
    std::string playlist() {
        const auto age = static_cast<std::size_t>((wall_now() - began_) / 1s);
        const auto count = std::min({4 + age, recording_.list.segments.size(), published_at_most});
        const auto first = count > 6 ? count - 6 : 0;
        std::string text = "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXT-X-MEDIA-SEQUENCE:" + std::to_string(first) + "\n";
        for (auto i = first; i < count; ++i) {
            const auto& segment = recording_.list.segments[i];
            if (segment.init != kNoInit) {
                const auto& init = recording_.list.inits[segment.init];
                text += "#EXT-X-MAP:URI=\"" + init.uri + "\"";
                if (init.range)
                    text += ",BYTERANGE=\"" + std::to_string(init.range->length) + "@" +
                            std::to_string(init.range->offset) + "\"";
                text += "\n";
            }
            text += before(i);
            // Segment 3 has just ended when the server starts.
            text += "#EXT-X-PROGRAM-DATE-TIME:" + rfc3339(began_ + 1s * (static_cast<int>(i) - 4)) + "\n";
            text += "#EXTINF:" + std::to_string(seconds(segment.duration)) + ",\n";
            if (segment.range)
                text += "#EXT-X-BYTERANGE:" + std::to_string(segment.range->length) + "@" +
                        std::to_string(segment.range->offset) + "\n";
            text += segment.uri + "\n";
        }
        return text;
    }

    Recording recording_;
    Instant began_;
};

}  // namespace

TEST_CASE("hls session: a live stream in health", "[probes][hls][session]") {
    if (!has_encoder("libx264")) {
        WARN("SKIPPED: no encoder libx264 here");
        return;
    }
    const auto format = GENERATE(as<std::string>{}, "-hls_segment_type mpegts", "-hls_segment_type fmp4",
                                 "-hls_segment_type fmp4 -hls_flags single_file");
    INFO(format);
    LiveOrigin origin{record(format)};
    HlsServer server{std::ref(origin)};
    Watcher watcher{server.port(), "/live/master.m3u8"};
    const auto sample = watcher.samples.wait_for([](const Sample& s) { return played(s, 7); });
    CHECK(sample.outcome == Outcome::ok);
    CHECK(value_of(sample, Metric::up) == 1);
    for (const auto& each : watcher.samples.all()) {
        CHECK(value_of(each, Metric::lag_seconds) < 0.2);
        CHECK(value_of(each, Metric::playlist_age_ratio) < 1.7);
    }
    CHECK(value_of(sample, Metric::media_seconds_total) == Approx(7).margin(0.2));
    CHECK(value_of(sample, Metric::video_frame_rate) == Approx(25).margin(0.5));
    CHECK(value_of(sample, Metric::video_keyframe_interval_seconds) == Approx(1).margin(0.01));
    CHECK(value_of(sample, Metric::timeline_restarts_total) == 0);
    CHECK(value_of(sample, Metric::viewer_stalls_total, "1s") == 0);
    CHECK(value_of(sample, Metric::viewer_buffer_seconds, "1s") > 1);
    CHECK(value_of(sample, Metric::viewer_buffer_seconds, "1s") < 4.5);
    CHECK(value_of(sample, Metric::segment_download_ratio) < 0.2);
    CHECK(value_of(sample, Metric::http_responses_total, "2xx") >= 9);
    CHECK(value_of(sample, Metric::http_responses_total, "4xx") == -1);
    const auto latency = value_of(sample, Metric::latency_seconds, "program_date_time");
    CHECK(latency > -0.1);
    CHECK(latency < 2.2);
    CHECK(server.accepted() <= 3);  // connections are kept
}

TEST_CASE("hls session: a playlist that goes stale is lag, and a stall", "[probes][hls][session]") {
    LiveOrigin origin{record("-hls_segment_type mpegts")};
    origin.published_at_most = 6;
    HlsServer server{std::ref(origin)};
    Watcher watcher{server.port()};
    const auto sample =
        watcher.samples.wait_for([](const Sample& s) { return value_of(s, Metric::lag_seconds) > 3.5; });
    CHECK(value_of(sample, Metric::playlist_age_ratio) > 3.5);
    CHECK(value_of(sample, Metric::edge_age_seconds) > 3.5);
    CHECK(value_of(sample, Metric::segments_total, "ok") >= 5);
    const auto stalled =
        watcher.samples.wait_for([](const Sample& s) { return value_of(s, Metric::viewer_stalls_total, "1s") >= 1; });
    CHECK(value_of(stalled, Metric::viewer_buffer_seconds, "1s") == 0);
}

TEST_CASE("hls session: an announced discontinuity is no restart, gaps and ciphers are counted",
          "[probes][hls][session]") {
    auto recording = record("-hls_segment_type mpegts");
    const auto other = record("-hls_segment_type mpegts -output_ts_offset 5000", "testsrc");
    for (std::size_t i = 5; i < 12; ++i)  // from segment 5 on the media is another encoder's
        recording.files[recording.list.segments[i].uri] = other.files.at(other.list.segments[i].uri);
    recording.files[recording.list.segments[8].uri] = "not a transport stream";
    LiveOrigin origin{std::move(recording)};
    origin.before = [](std::size_t i) -> std::string {
        if (i == 5) return "#EXT-X-DISCONTINUITY\n";
        if (i == 7) return "#EXT-X-GAP\n";
        if (i == 8) return "#EXT-X-KEY:METHOD=AES-128,URI=\"key\"\n";
        return "";
    };
    HlsServer server{std::ref(origin)};
    Watcher watcher{server.port()};
    const auto sample = watcher.samples.wait_for([](const Sample& s) { return played(s, 1, "opaque"); });
    CHECK(value_of(sample, Metric::discontinuities_total) == 1);
    CHECK(value_of(sample, Metric::timeline_restarts_total) == 0);
    CHECK(value_of(sample, Metric::segments_total, "gap") == 1);
    CHECK(value_of(sample, Metric::segments_total, "failed") == -1);
    for (const auto& each : watcher.samples.all()) CHECK(value_of(each, Metric::lag_seconds) < 0.3);
}

TEST_CASE("hls session: an encrypted stream is timed by its playlist", "[probes][hls][session]") {
    auto recording = record("-hls_segment_type mpegts");
    for (auto& [name, bytes] : recording.files)
        for (auto& byte : bytes) byte = static_cast<char>(byte ^ 0x5A);
    LiveOrigin origin{std::move(recording)};
    origin.before = [](std::size_t) { return "#EXT-X-KEY:METHOD=AES-128,URI=\"key\"\n"; };
    HlsServer server{std::ref(origin)};
    Watcher watcher{server.port()};
    const auto sample = watcher.samples.wait_for([](const Sample& s) { return played(s, 7, "opaque"); });
    CHECK(sample.outcome == Outcome::ok);
    CHECK(value_of(sample, Metric::media_seconds_total) == Approx(7).margin(0.2));
    CHECK(value_of(sample, Metric::viewer_stalls_total, "1s") == 0);
    CHECK(value_of(sample, Metric::timeline_restarts_total) == 0);
    CHECK(value_of(sample, Metric::latency_seconds, "program_date_time") < 2.2);
    for (const auto& each : watcher.samples.all()) CHECK(value_of(each, Metric::lag_seconds) < 0.3);
}

TEST_CASE("hls session: what a playlist names lies where its redirect led, and the URL chooses the rendition",
          "[probes][hls][session]") {
    HlsServer server{[](const HlsRequest& request) {
        if (request.path == "/live/list.m3u8") return answer("302 Found", "", "Location: /far/away/master.m3u8\r\n");
        if (request.path == "/far/away/master.m3u8")
            return answer("200 OK",
                          "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=9\nhigh/list.m3u8\n"
                          "#EXT-X-STREAM-INF:BANDWIDTH=1\nlow/list.m3u8\n");
        if (request.path == "/far/away/low/list.m3u8")
            return answer("200 OK", "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\na.aac\n#EXT-X-ENDLIST\n");
        if (request.path == "/far/away/low/a.aac") return answer("200 OK", "ID3 and then packed audio");
        return answer("404 Not Found", "");
    }};
    Watcher watcher{server.port(), "/live/list.m3u8#rendition=lowest"};
    watcher.samples.wait_for([](const Sample& s) { return s.outcome == Outcome::ended && played(s, 1, "opaque"); });
    Watcher odd{server.port(), "/live/list.m3u8#rendition=best"};
    const auto sample = odd.samples.wait_for([](const Sample& s) { return s.outcome == Outcome::malformed; });
    CHECK(value_of(sample, Metric::http_responses_total, "2xx") == -1);
}

TEST_CASE("hls session: what ends it is named", "[probes][hls][session]") {
    struct Case {
        std::string playlist;  // the whole answer
        std::string segment;
        Outcome wanted;
    };
    const std::string list = "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\na.ts\n#EXTINF:1,\nb.ts\n#EXTINF:1,\nc.ts\n";
    std::string headers;
    for (int i = 0; i < 10'000; ++i) headers += "X-Endless: yes\r\n";
    const auto c = GENERATE_COPY(values<Case>({
        {answer("404 Not Found", ""), "", Outcome::http_4xx},
        {answer("503 Service Unavailable", ""), "", Outcome::http_5xx},
        {answer("200 OK", "<html>gone</html>"), "", Outcome::malformed},
        {answer("200 OK", std::string(kMaxPlaylistBytes + 1, '#')), "", Outcome::malformed},
        {answer("302 Found", "", "Location: file:///etc/passwd\r\n"), "", Outcome::redirect_refused},
        {answer("302 Found", "", "Location: /live/list.m3u8\r\n"), "", Outcome::redirect_refused},
        {answer("200 OK", "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nlist.m3u8\n"), "", Outcome::malformed},
        {answer("200 OK", list), answer("404 Not Found", ""), Outcome::http_4xx},
        {answer("200 OK", list), answer("200 OK", "<html>sorry</html>"), Outcome::malformed},
        {answer("200 OK", list + "#EXT-X-ENDLIST\n"), answer("200 OK", "ID3 and then packed audio"), Outcome::ended},
        {"HTTP/1.1 200 OK\r\n" + headers, "", Outcome::malformed},
    }));
    INFO(c.playlist.substr(0, 60) << " ... " << c.segment.substr(0, 60));
    HlsServer server{[&c](const HlsRequest& request) {
        return request.path.find(".m3u8") != std::string::npos ? c.playlist : c.segment;
    }};
    Watcher watcher{server.port()};
    const auto sample = watcher.samples.wait_for([&c](const Sample& s) { return s.outcome == c.wanted; });
    CHECK(value_of(sample, Metric::up) == 0);
}

TEST_CASE("hls session: it stops promptly whatever it waits for", "[probes][hls][session]") {
    const std::string list = "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\na.ts\n";
    const auto hanging = GENERATE(as<std::string>{}, "list.m3u8", "a.ts", "nothing");
    INFO(hanging);
    HlsServer server{[&](const HlsRequest& request) {
        if (request.path.find(hanging) != std::string::npos) return std::string{};
        if (request.path.find(".m3u8") != std::string::npos) return answer("200 OK", list);
        return answer("200 OK", "ID3");
    }};
    const RealClock clock;
    Instant asked;
    {
        Watcher watcher{server.port()};
        const auto first = watcher.samples.wait_for([](const Sample&) { return true; });
        watcher.samples.wait_for([&](const Sample& s) { return s.at > first.at + 400ms; });
        asked = clock.now();
    }
    CHECK(clock.now() - asked < 2s);
}

TEST_CASE("hls session: the URL implies it", "[probes][hls]") {
    CHECK(protocol_of_url("https://a/b/c.m3u8?token=x") == "hls");
    CHECK_FALSE(protocol_of_url("https://a/b/c.m3u"));
}
