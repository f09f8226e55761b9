// Servers that do what no server should: each has a clear outcome in bounded time and memory, and a session in the same
// shard that plays a good stream is none the worse.
#include <sys/resource.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <string>

#include "flv_builder.h"
#include "hostile_server.h"
#include "session_fixture.h"

using namespace outrider;
using namespace outrider::probes;
using namespace outrider::probes::test;
using namespace std::chrono_literals;

namespace {

#ifdef OUTRIDER_SANITIZED
constexpr int kSlowness = 4;  // and memory is the sanitizer's
#else
constexpr int kSlowness = 1;
#endif
// A player's patience is ten seconds; here it is shorter, for the test's sake.
constexpr SessionLimits kImpatient{
    .connect = kSlowness * 1500ms, .silence = kSlowness * 2000ms, .fetch = kSlowness * 2000ms};
constexpr std::string_view kGood = "HTTP/1.1 200 OK\r\n\r\n";
constexpr long kMemoryKiB =
    40 * 1024;  // what a hostile server may cost, libcurl's and the allocator's reserves included

std::string text_of(const FlvBuilder& flv) {
    std::string text;
    for (const auto b : flv.bytes()) text += static_cast<char>(b);
    return text;
}

std::string bytes(std::initializer_list<unsigned> values) {
    std::string out;
    for (const auto value : values) out += static_cast<char>(value);
    return out;
}

std::string flv_header() {
    FlvBuilder flv;
    flv.file_header();
    return text_of(flv);
}

/// 25 frames a second as they are due, for as long as the client stays.
void play_good_stream(const Peer& peer) {
    if (peer.request().empty() || !peer.send(kGood) || !peer.send(flv_header())) return;
    for (std::uint32_t i = 0;; ++i) {
        FlvBuilder flv;
        flv.video(i * 40, i % 25 == 0);
        if (!peer.send(text_of(flv)) || !peer.pause(40)) return;
    }
}

long peak_memory() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

struct Case {
    const char* name;
    const char* protocol;
    HostileServer::Script script;
    Outcome wanted;
    const char* words;  // the trace must say
    const char* scheme = "http";
};

HostileServer::Script answer(std::string text) {
    return [text](const Peer& peer) {
        while (!peer.request().empty() && peer.send(text)) continue;
    };
}

/// `head` once, then `piece` for ever, with so many milliseconds between two.
HostileServer::Script endless(std::string head, std::string piece, int every = 0) {
    return [head, piece, every](const Peer& peer) {
        if (peer.request().empty() || !peer.send(head)) return;
        while (peer.send(piece) && (every == 0 || peer.pause(every))) continue;
    };
}

/// A gzip stream of '#' that never ends: each 13 bytes of the second text become 2,064 (RFC 1951 3.2.6: a fixed code,
/// then again and again length 258 at distance 1).
std::pair<std::string, std::string> gzip_bomb() {
    std::string head = bytes({0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3});
    std::string all;
    unsigned filled = 0;
    const auto put = [&](std::string_view bits) {
        for (const char bit : bits) {
            if (filled % 8 == 0) all += '\0';
            if (bit == '1') all.back() = static_cast<char>(static_cast<unsigned char>(all.back()) | 1U << filled % 8);
            ++filled;
        }
    };
    put("010");       // not the last block; fixed codes, lowest bit first
    put("01010011");  // '#'
    // 11 bits so far: eight matches, 104 bits, bring the same offset within a byte again.
    for (int i = 0; i < 16; ++i) put("1100010100000");
    head += all.substr(0, 14);  // 11 bits and the first eight matches, but for the bits that share a byte with the next
    return {head, all.substr(14, 13)};
}

std::string redirect_to(const std::string& location) {
    return "HTTP/1.1 302 Found\r\nLocation: " + location + "\r\nContent-Length: 0\r\n\r\n";
}

std::string playlist(const std::string& text) {
    return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(text.size()) + "\r\n\r\n" + text;
}

std::vector<Case> cases() {
    std::vector<Case> out;
    const auto add = [&](const char* name, HostileServer::Script script, Outcome wanted, const char* words = "") {
        out.push_back({name, "httpflv", script, wanted, words});
    };
    const auto hls = [&](const char* name, HostileServer::Script script, Outcome wanted, const char* words = "") {
        out.push_back({name, "hls", script, wanted, words});
    };
    const auto both = [&](const char* name, const HostileServer::Script& script, Outcome wanted,
                          const char* words = "") {
        add(name, script, wanted, words);
        hls(name, script, wanted, words);
    };
    const std::string line(1000, 'x');
    for (const auto* protocol : {"httpflv", "hls"}) {
        out.push_back({"TLS that is none", protocol,
                       [line](const Peer& peer) {
                           if (peer.send(std::string{kGood} + line)) peer.hold();
                       },
                       Outcome::tls_failed, "", "https"});
        out.push_back({"TLS that never shakes hands", protocol, [](const Peer& peer) { peer.hold(); }, Outcome::timeout,
                       "", "https"});
    }
    both("endless headers", endless("HTTP/1.1 200 OK\r\n", "X-A: " + line + "\r\n"), Outcome::malformed, "headers");
    both("one endless header", endless("HTTP/1.1 200 OK\r\nX-A: ", line), Outcome::malformed);
    both("endless interim answers", endless("", "HTTP/1.1 100 Continue\r\nX-A: " + line + "\r\n\r\n"),
         Outcome::malformed, "headers");
    both("a header byte a second", endless("HTTP/1.1 200 OK\r\nX-A: ", "x", 100), Outcome::timeout);
    both("accepts and says nothing", endless("", "", 100), Outcome::timeout);
    both("HTTP/0.9", answer("#EXTM3U hello"), Outcome::malformed, "HTTP/0.9");
    both("chunks that are none", answer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzzzz\r\n" + line),
         Outcome::malformed, "chunked-encoding");
    both("a redirect to a file", answer(redirect_to("file:///etc/passwd")), Outcome::redirect_refused, "file:///etc");
    both("a redirect to ftp", answer(redirect_to("ftp://127.0.0.1/x")), Outcome::redirect_refused, "ftp://");
    both("a redirect to rtmp", answer(redirect_to("rtmp://127.0.0.1/a/b")), Outcome::redirect_refused, "rtmp://");
    both(
        "a redirect in a circle",
        [](const Peer& peer) {
            while (!peer.request().empty() && peer.send(redirect_to("/again"))) continue;
        },
        Outcome::redirect_refused, "more than five redirects");
    both("a redirect to nowhere", answer("HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n"), Outcome::redirect_refused,
         "without a Location");
    both("a redirect to 16 KB of URL", answer(redirect_to("/" + std::string(16'000, 'a'))), Outcome::redirect_refused);
    both("a redirect that never stops talking", endless("HTTP/1.1 302 Found\r\nLocation: /x\r\n\r\n", line),
         Outcome::malformed, "64 KiB");
    both("gzip that nobody asked for",
         answer("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 20\r\n\r\n" +
                bytes({0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0x4b, 4, 0, 0x43, 0xbe, 0xb7, 0xe8, 1, 0, 0})),
         Outcome::malformed);
    const auto bomb = gzip_bomb();
    std::string much;
    for (int i = 0; i < 1000; ++i) much += bomb.second;
    both("a gzip bomb", endless("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + bomb.first, much),
         Outcome::malformed);
    both("a gzip bomb on the transfer",
         endless("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n" + bomb.first, much), Outcome::malformed);
    add("a byte a second", endless(std::string{kGood} + flv_header(), bytes({9}), 200), Outcome::timeout, "no media");
    const auto tag_of_16_mb = bytes({9, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 0x17, 1, 0, 0, 0});
    add("tags of 16 MB that end never",
        endless(std::string{kGood} + flv_header() + tag_of_16_mb, std::string(65'536, 'x')), Outcome::malformed);
    hls("a playlist of 1 GB",
        endless("HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n#EXTM3U\n",
                "#EXTINF:1,\nsegment.ts\n" + line + "\n"),
        Outcome::malformed, "larger than");
    hls("a playlist byte a second", endless("HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n", "#", 100),
        Outcome::timeout);
    hls("negative durations", answer(playlist("#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:-5,\nx.ts?token=s3cret\n")),
        Outcome::malformed, "line 3");
    hls("a master of itself", answer(playlist("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nlist.m3u8\n")),
        Outcome::malformed, "playlist of playlists");
    const auto rtmp = [&](const char* name, HostileServer::Script script, Outcome wanted, const char* words = "",
                          const char* scheme = "rtmp") {
        out.push_back({name, scheme, script, wanted, words, scheme});
    };
    const auto shout = [](std::string text, int every) -> HostileServer::Script {
        return [text, every](const Peer& peer) {
            while (peer.send(text) && (every == 0 || peer.pause(every))) continue;
        };
    };
    rtmp(
        "says nothing", [](const Peer& peer) { peer.hold(); }, Outcome::timeout, "as a player waits");
    rtmp("a byte a second", shout("x", 100), Outcome::timeout, "as a player waits");
    rtmp("garbage for ever", shout(line, 0), Outcome::reset);
    rtmp("garbage in TLS", shout(line, 0), Outcome::tls_failed, "", "rtmps");
    rtmp(
        "TLS that never shakes hands", [](const Peer& peer) { peer.hold(); }, Outcome::timeout, "", "rtmps");
    return out;
}

Target good_target(const HostileServer& server) {
    return {.id = TargetId{1},
            .stream = "good",
            .pop = "here",
            .protocol = "httpflv",
            .url = "http://" + server.host() + "/good.flv",
            .connect_to = {},
            .viewers = {{.name = "1s", .start = 1s, .resume = 1s}},
            .heartbeat = 50ms};
}

}  // namespace

TEST_CASE("hostile: each server has a clear outcome in bounded time and memory, and its neighbour plays on",
          "[probes][hostile]") {
    const auto all = cases();
    std::vector<std::unique_ptr<HostileServer>> servers;
    HostileServer good{play_good_stream};
    std::vector<Target> targets{good_target(good)};
    for (const auto& c : all) {
        servers.push_back(std::make_unique<HostileServer>(c.script));
        targets.push_back(
            {.id = TargetId{static_cast<std::uint32_t>(targets.size()) + 1},
             .stream = c.name,
             .pop = "here",
             .protocol = c.protocol,
             .url = std::string{c.scheme} + "://" + servers.back()->host() + "/live/list.m3u8?token=s3cret",
             .connect_to = {},
             .viewers = {{.name = "1s", .start = 1s, .resume = 1s}},
             .heartbeat = 50ms});
    }
    const auto before = peak_memory();
    ShardUnderTest shard{targets, kImpatient};
    const auto began = RealClock{}.uptime();
    for (std::size_t i = 0; i < all.size(); ++i) {
        const auto target = targets[i + 1].id;
        CAPTURE(all[i].name, all[i].protocol, shard.trace(target));
        (void)shard.wait_for_outcome(all[i].wanted, target);
        CHECK_THAT(shard.trace(target), Catch::Contains(std::string{"end: "} + std::string{to_string(all[i].wanted)}));
        CHECK_THAT(shard.trace(target), Catch::Contains(all[i].words));
        CHECK_THAT(shard.trace(target), !Catch::Contains("s3cret"));
    }
    const auto took = RealClock{}.uptime() - began;
    const auto grown = peak_memory() - before;
    INFO(all.size() << " hostile servers took " << seconds(took) << " s, and " << grown << " KiB at the peak");
    CHECK(took < kSlowness * 15s);
    if (kSlowness == 1) CHECK(grown < kMemoryKiB);

    std::vector<double> lags;
    for (const auto& sample : shard.samples())
        if (sample.target == TargetId{1})
            if (const auto lag = reading(sample, Metric::lag_seconds)) lags.push_back(*lag);
    REQUIRE(lags.size() > 10);
    std::ranges::sort(lags);
    INFO("the neighbour's worst lag " << lags.back());
    CHECK(lags[lags.size() * 95 / 100] < 0.5 * kSlowness);  // 95 %: this host may be busy
    CHECK(reading(shard.samples().back(), Metric::connections_total).has_value());
}
