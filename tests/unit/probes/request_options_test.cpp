// What sessions over HTTP send along, to whom, and what their trace tells.
#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "flv_builder.h"
#include "hostile_server.h"
#include "probes/net/base64.h"
#include "probes/net/secret_file.h"
#include "probes/net/tcp_info.h"
#include "referee.h"
#include "session_fixture.h"

using namespace outrider;
using namespace outrider::probes;
using namespace outrider::probes::test;
using namespace std::chrono_literals;

namespace {

std::string flv_answer() {
    FlvBuilder flv;
    flv.file_header();
    for (std::uint32_t i = 0; i < 50; ++i) flv.video(i * 40, i == 0);
    std::string text =
        "HTTP/1.1 200 OK\r\nServer: edge/1\r\nX-Cache: HIT\r\nVia: http://up.example/a?token=s3cret\r\n"
        "Set-Cookie: id=s3cret\r\nLink: <s3cret>\r\n\r\n";
    for (const auto b : flv.bytes()) text += static_cast<char>(b);
    return text;
}

/// Keeps the requests of a script's server.
class Requests {
public:
    void add(const std::string& request) {
        const std::scoped_lock lock{mutex_};
        all_.push_back(request);
    }
    [[nodiscard]] std::vector<std::string> all() const {
        const std::scoped_lock lock{mutex_};
        return all_;
    }
    /// Answers each request with `text` and notes it.
    HostileServer::Script answer_with(std::string text) {
        return [this, text](const Peer& peer) {
            for (auto request = peer.request(); !request.empty(); request = peer.request()) {
                add(request);
                if (!peer.send(text)) return;
            }
        };
    }

private:
    mutable std::mutex mutex_;  // guards all_
    std::vector<std::string> all_;
};

Target target_at(std::string url, std::string protocol = "httpflv") {
    return {.id = TargetId{0},
            .stream = "demo",
            .pop = "here",
            .protocol = std::move(protocol),
            .url = std::move(url),
            .connect_to = {},
            .viewers = {{.name = "1s", .start = 1s, .resume = 1s}},
            .heartbeat = 50ms};
}

bool has_media(const Sample& sample) { return reading(sample, Metric::media_seconds_total).value_or(0) > 1; }

void write_file(const std::filesystem::path& path, const std::string& text) { std::ofstream{path} << text; }

}  // namespace

TEST_CASE("request: headers, agent, referer and credentials are sent", "[probes][request]") {
    Requests requests;
    HostileServer server{requests.answer_with(flv_answer())};
    auto target = target_at("http://" + server.host() + "/a.flv");
    target.request.headers = {{"X-Team", "live"}, {"X-None", ""}};
    target.request.user_agent = "player/2";
    target.request.referer = "https://site.example/page";
    target.request.basic_auth = BasicAuth{.username = "Aladdin", .password = "open sesame", .password_file = ""};
    ShardUnderTest shard{{target}};
    shard.wait_for(has_media);
    const auto request = requests.all().at(0);
    for (const auto* line : {"\r\nX-Team: live\r\n", "\r\nX-None:\r\n", "\r\nUser-Agent: player/2\r\n",
                             "\r\nReferer: https://site.example/page\r\n",
                             "\r\nAuthorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n"})  // RFC 7617 2
        CHECK_THAT(request, Catch::Contains(line));
    CHECK_THAT(shard.trace(), !Catch::Contains("QWxhZGRpbjpvcGVuIHNlc2FtZQ") && !Catch::Contains("sesame"));
}

TEST_CASE("request: a redirect to another host carries neither headers nor credentials, one to its own does",
          "[probes][request]") {
    Requests elsewhere;
    HostileServer other{elsewhere.answer_with(flv_answer())};
    Requests here;
    const auto moved = [](const std::string& to) {
        return "HTTP/1.1 302 Found\r\nLocation: " + to + "\r\nContent-Length: 0\r\n\r\n";
    };
    HostileServer server{[&](const Peer& peer) {
        for (auto request = peer.request(); !request.empty(); request = peer.request()) {
            here.add(request);
            const bool again = request.starts_with("GET /again");
            if (!peer.send(moved(again ? "http://" + other.host() + "/b.flv?token=s3cret" : "/again?token=s3cret")))
                return;
        }
    }};
    const auto protocol = GENERATE(as<std::string>{}, "httpflv", "hls");
    auto target = target_at("http://" + server.host() + "/a.flv", protocol);
    target.request.headers = {{"X-Key", "s3cret"}};
    target.request.referer = "https://site.example/";
    target.request.authorization = Authorization{.type = "Bearer", .credentials = "s3cret", .credentials_file = ""};
    ShardUnderTest shard{{target}};
    shard.wait_for([&](const Sample&) { return !elsewhere.all().empty(); });
    REQUIRE(here.all().size() >= 2);
    for (std::size_t i = 0; i < 2; ++i) {
        CHECK_THAT(here.all()[i], Catch::Contains("\r\nAuthorization: Bearer s3cret\r\n"));
        CHECK_THAT(here.all()[i], Catch::Contains("\r\nX-Key: s3cret\r\n"));
    }
    const auto stranger = elsewhere.all().at(0);
    CHECK_THAT(stranger, !Catch::Contains("Authorization") && !Catch::Contains("X-Key"));
    CHECK_THAT(stranger, Catch::Contains("\r\nReferer: https://site.example/\r\n"));  // as a player does
    shard.wait_for([&](const Sample&) { return shard.trace().find("response: HTTP/1.1 200") != std::string::npos; });
    CHECK_THAT(shard.trace(), Catch::Contains("token=<secret>") && !Catch::Contains("s3cret"));
}

TEST_CASE("request: credentials are read from their file for every connection", "[probes][request]") {
    const TemporaryFolder folder;
    const auto file = folder.path() / "token";
    Requests requests;
    HostileServer server{[&](const Peer& peer) {
        requests.add(peer.request());
        peer.send("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n");
    }};
    auto target = target_at("http://" + server.host() + "/a.flv");
    target.request.authorization =
        Authorization{.type = "Bearer", .credentials = "", .credentials_file = file.string()};
    ShardUnderTest shard{{target}};
    // Not there yet: it says so, and tries again.
    shard.wait_for_outcome(Outcome::local_failure);
    CHECK_THAT(shard.trace(), Catch::Contains("end: local_failure: " + file.string() +
                                              ": want the credentials of authorization, got \"No such file"));
    write_file(file, "first\n");
    shard.wait_for_outcome(Outcome::http_4xx);
    CHECK_THAT(requests.all().at(0), Catch::Contains("\r\nAuthorization: Bearer first\r\n"));
    write_file(file, "second\n");
    const auto seen = requests.all().size();
    shard.wait_for([&](const Sample&) { return requests.all().size() > seen + 1; });
    CHECK_THAT(requests.all().back(), Catch::Contains("\r\nAuthorization: Bearer second\r\n"));
}

TEST_CASE("request: a line break in a header goes nowhere", "[probes][request]") {
    auto target = target_at("http://127.0.0.1:1/a.flv");
    target.request.headers = {{"X-A", "b\r\nX-Evil: 1"}};
    ShardUnderTest shard{{target}};
    shard.wait_for_outcome(Outcome::local_failure);
    CHECK_THAT(shard.trace(), Catch::Contains("end: local_failure: headers: want a name and a value of one line each"));
}

TEST_CASE("secret file: a line without the white space around it, or what is wrong with it", "[probes][request]") {
    const TemporaryFolder folder;
    const auto path = (folder.path() / "secret").string();
    const auto read = [&](const std::string& text) {
        write_file(path, text);
        const auto result = read_secret_file(path, "the password");
        return result ? *result : result.error().text;
    };
    CHECK(read("  pass word\r\n") == "pass word");
    CHECK(read("") == path + ": want the password, got an empty file");
    CHECK(read(" \n") == path + ": want the password, got an empty file");
    CHECK(read("a\nb\n") == path + ": want the password, got more than one line, or control characters");
    CHECK(read(std::string(9000, 'x')) == path + ": want the password, got more than 8 KiB");
    CHECK(read_secret_file(folder.path().string(), "it").error().text ==
          folder.path().string() + ": want it, got what is no regular file");
    const auto pipe = (folder.path() / "pipe").string();
    REQUIRE(mkfifo(pipe.c_str(), 0600) == 0);  // without a writer a blocking open would wait for ever
    CHECK_FALSE(read_secret_file(pipe, "it"));
    CHECK(base64("") == "");
    CHECK(base64("f") == "Zg==");
    CHECK(base64("foobar") == "Zm9vYmFy");  // RFC 4648 10
}

TEST_CASE("trace: a start is told step by step, and nothing that lets somebody in", "[probes][trace]") {
    Requests requests;
    HostileServer server{requests.answer_with(flv_answer())};
    const auto port = std::to_string(server.port());
    ShardUnderTest shard{{target_at("http://localhost:" + port + "/a.flv?token=s3cret")}};
    const auto sample = shard.wait_for([](const Sample& s) { return s.outcome == Outcome::ok && has_media(s); });
    shard.wait_for([&](const Sample&) { return shard.trace().find("first_keyframe") != std::string::npos; });
    const auto trace = shard.trace();
    for (const auto& wanted :
         {"connect: httpflv http://localhost:" + port + "/a.flv?token=<secret>",
          std::string{"address: localhost: tried "}, "127.0.0.1:" + port + " answered, from 127.0.0.1:",
          std::string{"response: HTTP/1.1 200 OK\nServer: edge/1\nX-Cache: HIT\nVia: "}, std::string{"tcp: rtt "},
          std::string{"phase: "}, std::string{"first_keyframe "}})
        CHECK_THAT(trace, Catch::Contains(wanted));
    CHECK_THAT(trace, !Catch::Contains("s3cret"));
    CHECK(reading(sample, Metric::tcp_rtt_seconds).value() > 0);
    CHECK(reading(sample, Metric::tcp_rtt_seconds).value() < 1);
    CHECK(reading(sample, Metric::tcp_out_of_order_segments_total) == 0.0);  // loopback keeps order
}

TEST_CASE("trace: while media lags, TCP's view is noted, but not with each heartbeat", "[probes][trace]") {
    HostileServer server{[](const Peer& peer) {
        if (!peer.request().empty() && peer.send(flv_answer())) peer.hold();  // two seconds of media, and then nothing
    }};
    ShardUnderTest shard{{target_at("http://" + server.host() + "/a.flv")}};
    shard.wait_for([](const Sample& s) { return reading(s, Metric::lag_seconds).value_or(0) > 1; });
    const auto trace = shard.trace();
    const auto first = trace.find("tcp: rtt ");
    REQUIRE(first != trace.npos);
    const auto second = trace.find("tcp: rtt ", first + 1);
    REQUIRE(second != trace.npos);
    CHECK(trace.find("tcp: rtt ", second + 1) == trace.npos);
}

TEST_CASE("trace: failures carry the library's own words", "[probes][trace]") {
    const auto target = target_at("http://no-such-host.invalid/a.flv");
    ShardUnderTest shard{{target}};
    shard.wait_for_outcome(Outcome::resolve_failed);
    CHECK_THAT(shard.trace(), Catch::Contains("address: no-such-host.invalid: no address to try"));
    CHECK_THAT(shard.trace(), Catch::Contains("end: resolve_failed: Could not resolve host: no-such-host.invalid"));
}

TEST_CASE("tcp: what came out of order is added up over connections, and a connection's past is not ours",
          "[probes][tcp]") {
    TcpCounts counts;
    const auto total = [&] {
        std::vector<Reading> readings;
        counts.add_readings(readings);
        for (const auto& r : readings)
            if (r.metric == Metric::tcp_out_of_order_segments_total) return r.value;
        return -1.0;
    };
    const auto info = [](std::uint16_t port, std::uint32_t out_of_order) {
        TcpInfo out{};
        out.local_port = port;
        out.out_of_order = out_of_order;
        return out;
    };
    CHECK(total() == -1.0);
    counts.take(5, info(1000, 3), true);
    CHECK(total() == 3);
    counts.take(5, info(1000, 4), false);
    CHECK(total() == 4);
    counts.take(6, info(1001, 100), false);  // somebody else's before: only what comes from now on
    CHECK(total() == 4);
    counts.take(6, info(1001, 102), false);
    CHECK(total() == 6);
    counts.take(5, info(1000, 1), true);  // the same numbers again, but a new connection
    CHECK(total() == 7);
    CHECK_FALSE(read_tcp_info(-1));
}

TEST_CASE("ipv6: the stream is played from an address in brackets, pinned or not, and Host stays",
          "[probes][request]") {
    Requests requests;
    std::optional<HostileServer> server;
    try {
        server.emplace(requests.answer_with(flv_answer()), true);
    } catch (const std::runtime_error&) {
        WARN("SKIPPED: no IPv6 on this host's loopback");
        return;
    }
    const auto at = "[::1]:" + std::to_string(server->port());
    const auto protocol = GENERATE(as<std::string>{}, "httpflv", "hls");
    SECTION("its own address") {
        ShardUnderTest shard{{target_at("http://" + at + "/a.flv", protocol)}};
        shard.wait_for([&](const Sample&) { return !requests.all().empty(); });
        CHECK_THAT(requests.all().at(0), Catch::Contains("\r\nHost: " + at + "\r\n"));
        shard.wait_for([&](const Sample&) { return shard.trace().find(at + " answered") != std::string::npos; });
    }
    SECTION("a pinned POP") {
        auto target = target_at("http://live.example/a.flv", protocol);
        target.connect_to = at;
        ShardUnderTest shard{{target}};
        shard.wait_for([&](const Sample&) { return !requests.all().empty(); });
        CHECK_THAT(requests.all().at(0), Catch::Contains("\r\nHost: live.example\r\n"));
    }
}
