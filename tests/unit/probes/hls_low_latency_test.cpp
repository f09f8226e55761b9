// The HLS session as a low-latency viewer, against an origin that publishes a part of 0.2 s after the other.
#include <algorithm>
#include <catch2/catch.hpp>
#include <fstream>
#include <functional>
#include <map>
#include <mutex>

#include "hls_server.h"
#include "hls_watcher.h"
#include "outrider/time_text.h"
#include "referee.h"

using namespace outrider;
using namespace outrider::probes;
using namespace outrider::probes::test;
using namespace std::chrono_literals;

namespace {

constexpr Duration kPart = 200ms;
constexpr std::size_t kPartsOfSegment = 5;
constexpr std::size_t kThereAtStart = 20;  // parts: four segments

std::uint32_t size_at(const std::string& bytes, std::size_t at) {
    std::uint32_t size = 0;
    for (std::size_t i = 0; i < 4; ++i) size = size << 8U | static_cast<std::uint8_t>(bytes[at + i]);
    return size;
}

/// An initialisation section, and one fragment of 0.2 s a part.
struct Film {
    std::string init;
    std::vector<std::string> parts;
};

Film make_film() {
    const TemporaryFolder folder;
    const auto path = folder.path() / "film.mp4";
    make_media(
        "-f lavfi -i testsrc2=size=160x120:rate=25 -f lavfi -i sine=sample_rate=48000 -t 14 -c:v libx264 -preset "
        "ultrafast -tune zerolatency -g 25 -keyint_min 25 -sc_threshold 0 -c:a aac -f mp4 -movflags "
        "empty_moov+default_base_moof+skip_trailer -frag_duration 200000 -write_prft wallclock",
        path);
    std::ifstream file{path, std::ios::binary};
    const std::string bytes{std::istreambuf_iterator<char>{file}, {}};
    Film out;
    std::string* into = &out.init;
    for (std::size_t at = 0; at + 8 <= bytes.size(); at += size_at(bytes, at)) {
        if (bytes.substr(at + 4, 4) == "prft") into = &out.parts.emplace_back();
        into->append(bytes, at, size_at(bytes, at));
    }
    return out;
}

const Film& film() {
    static const Film once = make_film();
    return once;
}

enum class Hints { right, absent, wrong, ranges, growing };

/// Segments of five parts; playlists and hinted parts are held back until they are there.
class LowLatencyOrigin {
public:
    explicit LowLatencyOrigin(Film film) : film_(std::move(film)), began_(wall_now()) {}

    std::string operator()(const HlsRequest& request) {
        const auto path = request.path.substr(0, request.path.find('?'));
        const auto name = path.substr(path.rfind('/') + 1);
        auto reply = answer_of(name, request);
        if (!reply.empty() && request.sent == 0) {
            const std::scoped_lock lock{mutex_};
            ++answered_[name];
            order_.push_back(name);
        }
        return reply;
    }

    Hints hints = Hints::right;
    std::size_t late_from = 1000;    ///< from that part on
    Duration late{};                 ///< so much later
    bool blocks = true;              ///< offers to hold playlists back
    std::size_t restart_at = 1000;   ///< from that segment on they are numbered from 0
    std::size_t gap_part = 1000;     ///< is announced as absent, and hinted at by nobody
    std::size_t init_from = 1000;    ///< from that segment on there is another initialisation section
    std::size_t parts_until = 1000;  ///< from that segment on there are no parts
    std::string more_tags;           ///< at the head of playlists

    /// Answers to requests of a name so far.
    int answered(const std::string& name) const {
        const std::scoped_lock lock{mutex_};
        const auto found = answered_.find(name);
        return found == answered_.end() ? 0 : found->second;
    }
    /// Names as they were answered.
    std::vector<std::string> order() const {
        const std::scoped_lock lock{mutex_};
        return order_;
    }
    /// Names that were asked for and hold `text`.
    std::vector<std::string> names_with(std::string_view text) const {
        const std::scoped_lock lock{mutex_};
        std::vector<std::string> out;
        for (const auto& [name, count] : answered_)
            if (name.find(text) != std::string::npos) out.push_back(name);
        return out;
    }

private:
    [[nodiscard]] std::size_t published() const {
        const auto count = [&](Duration delay) {
            return kThereAtStart +
                   static_cast<std::size_t>(std::max<Duration>(0s, wall_now() - began_ - delay) / kPart);
        };
        return std::min(std::max(std::min(count(0s), late_from), count(late)), film_.parts.size());
    }

    /// Segments before the packager began to count from 0 again.
    [[nodiscard]] std::size_t base() const { return published() > restart_at * kPartsOfSegment ? restart_at : 0; }

    std::string answer_of(const std::string& name, const HlsRequest& request) const {
        const auto number = [](const std::string& text, const std::string& key) {
            return std::stoul(text.substr(text.find(key) + key.size()));
        };
        if (name == "list.m3u8") {
            if (request.path.find("_HLS_msn=") != std::string::npos) {
                auto wanted = number(request.path, "_HLS_msn=") * kPartsOfSegment;
                wanted += request.path.find("_HLS_part=") != std::string::npos ? number(request.path, "_HLS_part=")
                                                                               : kPartsOfSegment - 1;
                wanted += base() * kPartsOfSegment;
                if (wanted >= published() + 2 * kPartsOfSegment) return answer("400 Bad Request", "");
                if (wanted >= published() && published() < film_.parts.size()) return {};
            }
            return answer("200 OK", playlist());
        }
        if (name == "init.mp4" || name == "other.mp4") return answer("200 OK", film_.init);
        if (name.starts_with("part")) {
            const auto part = number(name, "part");
            if (part >= film_.parts.size()) return answer("404 Not Found", "");
            return part < published() ? answer("200 OK", film_.parts[part]) : "";
        }
        if (name.starts_with("segment")) return segment(number(name, "segment"), request);
        return answer("404 Not Found", "");
    }

    /// The bytes of a segment that are there; an open-ended range waits for those that are not.
    std::string segment(std::size_t index, const HlsRequest& request) const {
        std::string bytes;
        const auto end = std::min((index + 1) * kPartsOfSegment, film_.parts.size());
        const auto there = std::min(end, published());
        for (auto i = index * kPartsOfSegment; i < there; ++i) bytes += film_.parts[i];
        const bool held_back = hints != Hints::ranges && hints != Hints::growing;
        if (!request.range && request.sent == 0 && (there == end || held_back))
            return there == end ? answer("200 OK", bytes) : "";
        if (request.range && request.range->second != SIZE_MAX)
            return answer("206 Partial Content",
                          bytes.substr(request.range->first, request.range->second - request.range->first + 1));
        const auto from = request.range ? request.range->first : 0;
        const std::string status = request.range ? "206 Partial Content" : "200 OK";
        if (hints == Hints::ranges) return bytes.size() > from ? answer(status, bytes.substr(from)) : "";
        const auto head = "HTTP/1.1 " + status + "\r\nConnection: close\r\n\r\n";
        request.more = true;  // for ever: a client that wants no more of it ends it
        const auto sent = from + (request.sent > 0 ? request.sent - head.size() : 0);
        return (request.sent == 0 ? head : "") + (bytes.size() > sent ? bytes.substr(sent) : "");
    }

    [[nodiscard]] std::string part_uri(std::size_t part) const {
        if (hints != Hints::ranges && hints != Hints::growing) return "part" + std::to_string(part) + ".m4s";
        return "segment" + std::to_string(part / kPartsOfSegment) + ".m4s";
    }

    [[nodiscard]] std::size_t offset_of(std::size_t part) const {
        std::size_t offset = 0;
        for (auto i = part / kPartsOfSegment * kPartsOfSegment; i < part; ++i) offset += film_.parts[i].size();
        return offset;
    }

    [[nodiscard]] std::string part_line(std::size_t part) const {
        std::string text = "#EXT-X-PART:DURATION=0.2,URI=\"" + part_uri(part) + "\"";
        if (hints == Hints::ranges || hints == Hints::growing)
            text += ",BYTERANGE=\"" + std::to_string(film_.parts[part].size()) + "@" + std::to_string(offset_of(part)) +
                    "\"";
        if (part % kPartsOfSegment == 0) text += ",INDEPENDENT=YES";
        if (part == gap_part) text += ",GAP=YES";
        return text + "\n";
    }

    [[nodiscard]] std::string playlist() const {
        const auto parts = published();
        const auto whole = parts / kPartsOfSegment;
        const auto first = std::max(base(), whole > 6 ? whole - 6 : 0);
        std::string text = "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXT-X-SERVER-CONTROL:PART-HOLD-BACK=0.6" +
                           std::string{blocks ? ",CAN-BLOCK-RELOAD=YES\n" : "\n"} +
                           "#EXT-X-MEDIA-SEQUENCE:" + std::to_string(first - base()) + "\n" +
                           (whole < parts_until ? "#EXT-X-PART-INF:PART-TARGET=0.2\n" : "") + more_tags +
                           "#EXT-X-MAP:URI=\"init.mp4\"\n";
        text +=
            "#EXT-X-PROGRAM-DATE-TIME:" +
            rfc3339(began_ + kPart * (static_cast<int>(first * kPartsOfSegment) - static_cast<int>(kThereAtStart))) +
            "\n";
        for (auto i = first; i <= whole; ++i) {
            const auto begin = i * kPartsOfSegment;
            if (i == init_from) text += "#EXT-X-MAP:URI=\"other.mp4\"\n";
            if (i < parts_until && i + 3 >= whole)
                for (auto part = begin; part < std::min(begin + kPartsOfSegment, parts); ++part)
                    text += part_line(part);
            if (i < whole) text += "#EXTINF:1,\nsegment" + std::to_string(i) + ".m4s\n";
        }
        if (whole >= parts_until || hints == Hints::absent || parts == gap_part) return text;
        text +=
            std::string{"#EXT-X-PRELOAD-HINT:TYPE=MAP,URI=\""} + (whole >= init_from ? "other" : "init") + ".mp4\"\n";
        text += "#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"" +
                (hints == Hints::wrong ? "elsewhere" + std::to_string(parts) + ".m4s" : part_uri(parts)) + "\"";
        if ((hints == Hints::ranges || hints == Hints::growing) && offset_of(parts) > 0)
            text += ",BYTERANGE-START=" + std::to_string(offset_of(parts));
        return text + "\n#EXT-X-RENDITION-REPORT:URI=\"other.m3u8\",LAST-MSN=" + std::to_string(whole) +
               ",LAST-PART=0\n";
    }

    Film film_;
    Instant began_;
    mutable std::mutex mutex_;  // guards all below
    std::map<std::string, int> answered_;
    std::vector<std::string> order_;
};

double parts_played(const Sample& sample, std::string_view result = "ok") {
    return value_of(sample, Metric::parts_total, result);
}

/// What four of five heartbeats with at least `parts` stay below; a sawtooth of parts would come to 0.16 s. Not the
/// worst: under load of the machine an answer may come late.
double usual_lag(Watcher& watcher, double parts = 0) {
    std::vector<double> lags;
    for (const auto& sample : watcher.samples.all())
        if (parts_played(sample) >= parts) lags.push_back(value_of(sample, Metric::lag_seconds));
    std::ranges::sort(lags);
    return lags.empty() ? -1 : lags[lags.size() * 4 / 5];
}

bool cannot_encode() {
    if (has_encoder("libx264")) return false;
    WARN("SKIPPED: no encoder libx264 here");
    return true;
}

}  // namespace

TEST_CASE("hls low latency: parts are played as they come, each fetched once, ahead of its announcement",
          "[probes][hls][session]") {
    if (cannot_encode()) return;
    const auto hints = GENERATE(Hints::right, Hints::absent, Hints::wrong, Hints::ranges, Hints::growing);
    INFO(static_cast<int>(hints));
    LowLatencyOrigin origin{film()};
    origin.hints = hints;
    HlsServer server{std::ref(origin)};
    Watcher watcher{server.port()};
    const auto sample = watcher.samples.wait_for([](const Sample& s) { return parts_played(s) >= 17; });
    CHECK(sample.outcome == Outcome::ok);
    CHECK(value_of(sample, Metric::segments_total, "ok") == -1);
    CHECK(parts_played(sample, "failed") == -1);
    CHECK(usual_lag(watcher) < 0.1);
    CHECK(value_of(sample, Metric::media_seconds_total) == Approx(parts_played(sample) * 0.2).margin(0.06));
    CHECK(value_of(sample, Metric::video_frame_rate) == Approx(25).margin(0.5));
    CHECK(value_of(sample, Metric::timeline_restarts_total) == 0);
    CHECK(value_of(sample, Metric::viewer_stalls_total, "1s") == 0);
    CHECK(value_of(sample, Metric::playlist_steps_back_total) == 0);
    CHECK(value_of(sample, Metric::edge_age_seconds) < 0.4);
    CHECK(value_of(sample, Metric::segment_download_ratio) < 0.5);
    // Joined 0.6 s behind the edge, and back to a keyframe; so much is what a viewer has.
    CHECK(value_of(sample, Metric::viewer_buffer_seconds, "1s") < 1.7);
    CHECK(value_of(sample, Metric::latency_seconds, "program_date_time") == Approx(0.1).margin(0.25));
    CHECK(origin.answered("init.mp4") == 1);
    for (const auto& name : origin.names_with("part")) {
        INFO(name);
        CHECK(origin.answered(name) == 1);
    }
    const auto refused = value_of(sample, Metric::http_responses_total, "4xx");
    CHECK(refused == (hints == Hints::wrong ? 3 : -1));  // then it is no longer believed
    // Of playlists, parts, and what was asked for ahead. curl ends a connection that answered 404; a file that grows
    // without end is left after its last part.
    CHECK(server.accepted() <= (hints == Hints::growing ? 4 + 7 : hints == Hints::wrong ? 4 + 3 : 4));
    if (hints == Hints::growing) CHECK(origin.answered("segment6.m4s") == 1);
}

TEST_CASE("hls low latency: a POP that holds parts back by a second is a second late", "[probes][hls][session]") {
    if (cannot_encode()) return;
    LowLatencyOrigin origin{film()};
    origin.late_from = kThereAtStart + 10;
    origin.late = 1s;
    HlsServer server{std::ref(origin)};
    Watcher watcher{server.port()};
    watcher.samples.wait_for([](const Sample& s) { return parts_played(s) >= 12; });
    CHECK(usual_lag(watcher) < 0.1);
    const auto sample = watcher.samples.wait_for([](const Sample& s) { return parts_played(s) >= 24; });
    CHECK(usual_lag(watcher, 17) == Approx(1.0).margin(seconds(kPart)));
    CHECK(value_of(sample, Metric::viewer_stalls_total, "1s") <= 1);  // it had a second or a little more
}

TEST_CASE("hls low latency: a server that holds no playlists back is polled, without a sawtooth",
          "[probes][hls][session]") {
    if (cannot_encode()) return;
    LowLatencyOrigin origin{film()};
    origin.blocks = false;
    HlsServer server{std::ref(origin)};
    Watcher watcher{server.port()};
    const auto sample = watcher.samples.wait_for([](const Sample& s) { return parts_played(s) >= 20; });
    CHECK(value_of(sample, Metric::segments_total, "ok") == -1);
    CHECK(parts_played(sample, "failed") == -1);
    CHECK(usual_lag(watcher) < 0.1);
    CHECK(value_of(sample, Metric::viewer_stalls_total, "1s") == 0);
    CHECK(origin.answered("list.m3u8") < 30);  // a part target apart, half of one without news
}

TEST_CASE("hls low latency: a packager that counts from 0 again is followed", "[probes][hls][session]") {
    if (cannot_encode()) return;
    LowLatencyOrigin origin{film()};
    origin.restart_at = 5;
    HlsServer server{std::ref(origin)};
    Watcher watcher{server.port()};
    const auto sample = watcher.samples.wait_for([](const Sample& s) { return parts_played(s) >= 20; });
    CHECK(sample.outcome == Outcome::ok);
    CHECK(value_of(sample, Metric::http_responses_total, "4xx") == 1);  // to a number that is no more
    CHECK(value_of(sample, Metric::playlist_steps_back_total) == 1);
    CHECK(value_of(sample, Metric::connections_total) == 1);
    CHECK(parts_played(sample, "failed") == -1);
    CHECK(value_of(sample, Metric::timeline_restarts_total) == 0);
    CHECK(value_of(sample, Metric::media_seconds_total) == Approx(parts_played(sample) * 0.2).margin(0.06));
}

TEST_CASE("hls low latency: a hinted initialisation section is there before its first part", "[probes][hls][session]") {
    if (cannot_encode()) return;
    LowLatencyOrigin origin{film()};
    origin.init_from = 5;
    HlsServer server{std::ref(origin)};
    Watcher watcher{server.port()};
    const auto sample = watcher.samples.wait_for([](const Sample& s) { return parts_played(s) >= 13; });
    CHECK(parts_played(sample, "failed") == -1);
    CHECK(origin.answered("init.mp4") == 1);
    CHECK(origin.answered("other.mp4") == 1);
    const auto order = origin.order();
    CHECK(std::ranges::find(order, "other.mp4") < std::ranges::find(order, "part25.m4s"));
    CHECK(value_of(sample, Metric::timeline_restarts_total) == 0);
    CHECK(usual_lag(watcher) < 0.1);
}

TEST_CASE("hls low latency: parts that are gaps or ciphers keep the schedule", "[probes][hls][session]") {
    if (cannot_encode()) return;
    const bool cipher = GENERATE(false, true);
    LowLatencyOrigin origin{film()};
    origin.gap_part = kThereAtStart + 4;
    if (cipher) origin.more_tags = "#EXT-X-KEY:METHOD=AES-128,URI=\"key\"\n";
    const std::string_view kind = cipher ? "opaque" : "ok";
    HlsServer server{std::ref(origin)};
    Watcher watcher{server.port()};
    const auto sample = watcher.samples.wait_for([&](const Sample& s) { return parts_played(s, kind) >= 14; });
    CHECK(parts_played(sample, "gap") == 1);
    CHECK(parts_played(sample, "failed") == -1);
    CHECK(origin.answered("part24.m4s") == 0);
    CHECK(value_of(sample, Metric::media_seconds_total) == Approx(parts_played(sample, kind) * 0.2).margin(0.06));
    CHECK(value_of(sample, Metric::timeline_restarts_total) == 0);
    CHECK(usual_lag(watcher) < 0.1);
}

TEST_CASE("hls low latency: when parts are no longer offered, segments do", "[probes][hls][session]") {
    if (cannot_encode()) return;
    LowLatencyOrigin origin{film()};
    origin.parts_until = 5;
    HlsServer server{std::ref(origin)};
    Watcher watcher{server.port()};
    const auto sample = watcher.samples.wait_for([](const Sample& s) { return played(s, 3); });
    CHECK(sample.outcome == Outcome::ok);
    // 3.0 to 4.3 in parts; the fifth comes with the whole of segment 4; then 5 and 6.
    CHECK(parts_played(sample) == 9);
    for (const auto* what : {"failed", "missed", "gap"}) {
        CHECK(parts_played(sample, what) == -1);
        CHECK(value_of(sample, Metric::segments_total, what) == -1);
    }
    CHECK(value_of(sample, Metric::media_seconds_total) == Approx(4).margin(0.06));
    CHECK(value_of(sample, Metric::timeline_restarts_total) == 0);
    CHECK(value_of(sample, Metric::playlist_steps_back_total) == 0);
    CHECK(usual_lag(watcher) < 0.1);
}

TEST_CASE("hls low latency: a delta update that nobody asked for is no playlist", "[probes][hls][session]") {
    if (cannot_encode()) return;
    LowLatencyOrigin origin{film()};
    origin.more_tags = "#EXT-X-SKIP:SKIPPED-SEGMENTS=2\n";
    HlsServer server{std::ref(origin)};
    Watcher watcher{server.port()};
    const auto sample = watcher.samples.wait_for([](const Sample& s) { return s.outcome == Outcome::malformed; });
    CHECK(value_of(sample, Metric::up) == 0);
}
