#include "probes/shard.h"

#include <catch2/catch.hpp>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include "flv_builder.h"
#include "live_samples.h"
#include "probes/protocols.h"
#include "support/one_shot_server.h"

using namespace outrider;
using namespace outrider::probes;
using namespace std::chrono_literals;
using outrider::probes::test::FlvBuilder;
using outrider::probes::test::reading;
using outrider::probes::test::RealClock;
using outrider::probes::test::Samples;
using outrider::test::OneShotServer;

namespace {

std::string flv_body() {
    FlvBuilder flv;
    flv.file_header();
    for (std::uint32_t i = 0; i < 50; ++i) flv.video(i * 40, i == 0);
    std::string text;
    for (const auto b : flv.bytes()) text += static_cast<char>(b);
    return text;
}

Target target_for(std::uint16_t port) {
    return {.id = TargetId{0},
            .stream = "demo",
            .pop = "sin1",
            .protocol = "httpflv",
            .url = "http://live.example/live/demo.flv",
            .connect_to = "127.0.0.1:" + std::to_string(port),
            .viewers = {{.name = "1s", .start = 1s, .resume = 1s}},
            .heartbeat = 50ms};
}

/// Plays the target until a sample satisfies the predicate.
Sample play(const Target& target, const std::function<bool(const Sample&)>& until) {
    const RealClock clock;
    Samples collector;
    Shard shard{clock, collector, 1};
    shard.watch(target);
    std::jthread thread{[&](std::stop_token stop) { shard.run(stop); }};
    return collector.wait_for(until);
}

Sample play_to_outcome(const Target& target, Outcome wanted) {
    return play(target, [wanted](const Sample& s) { return s.outcome == wanted; });
}

}  // namespace

TEST_CASE("httpflv: a stream that flows is measured", "[probes][httpflv][session]") {
    OneShotServer server{"HTTP/1.1 200 OK\r\nContent-Type: video/x-flv\r\n\r\n" + flv_body(),
                         OneShotServer::Then::hold};
    const auto sample = play(target_for(server.port()),
                             [](const Sample& s) { return reading(s, Metric::media_seconds_total).value_or(0) > 1.9; });
    CHECK(sample.outcome == Outcome::ok);
    CHECK(reading(sample, Metric::up) == 1.0);
    CHECK(reading(sample, Metric::media_seconds_total).value() == Approx(2.0));
    CHECK(reading(sample, Metric::received_bytes_total) == static_cast<double>(flv_body().size()));
    CHECK(reading(sample, Metric::viewer_startup_seconds, "1s").has_value());
    for (const auto* phase : {"connect", "first_byte", "first_media", "first_keyframe"})
        CHECK(reading(sample, Metric::startup_phase_seconds, phase).has_value());
    CHECK(server.last_request().find("Host: live.example\r\n") != std::string::npos);  // the POP is pinned, Host kept
}

TEST_CASE("httpflv: when the media stops, lag and stall grow with the clock", "[probes][httpflv][session]") {
    OneShotServer server{"HTTP/1.1 200 OK\r\n\r\n" + flv_body(), OneShotServer::Then::hold};
    const auto sample = play(target_for(server.port()), [](const Sample& s) {
        return reading(s, Metric::viewer_stalls_total, "1s").value_or(0) > 0;
    });
    // 2 s of media came at once: its viewer ran dry 2 s after, and by then nothing had come for 2 s.
    CHECK(reading(sample, Metric::lag_seconds).value() > 1.8);
    CHECK(reading(sample, Metric::viewer_buffer_seconds, "1s") == 0.0);
}

TEST_CASE("httpflv: what ends a connection is named and counted", "[probes][httpflv][session]") {
    struct Case {
        std::string answer;
        OneShotServer::Then then;
        Outcome wanted;
    };
    const auto c = GENERATE_COPY(values<Case>({
        {"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", OneShotServer::Then::close, Outcome::http_4xx},
        {"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n", OneShotServer::Then::close,
         Outcome::http_5xx},
        {"HTTP/1.1 200 OK\r\n\r\n<html>no stream here</html>", OneShotServer::Then::hold, Outcome::malformed},
        {"HTTP/1.1 200 OK\r\n\r\n" + flv_body(), OneShotServer::Then::close, Outcome::ended},
        {"HTTP/1.1 200 OK\r\nContent-Length: 9999999\r\n\r\n" + flv_body(), OneShotServer::Then::close, Outcome::reset},
        {"HTTP/1.1 200 OK\r\n\r\n" + flv_body(), OneShotServer::Then::reset, Outcome::reset},
        {"", OneShotServer::Then::close, Outcome::reset},
        {"HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\nContent-Length: 0\r\n\r\n", OneShotServer::Then::close,
         Outcome::redirect_refused},
        {"HTTP/1.1 302 Found\r\nLocation: /live/demo.flv\r\nContent-Length: 0\r\n\r\n", OneShotServer::Then::close,
         Outcome::redirect_refused},
    }));
    OneShotServer server{c.answer, c.then};
    INFO(to_string(c.wanted) << " for " << c.answer.substr(0, 40));
    const auto sample = play_to_outcome(target_for(server.port()), c.wanted);
    CHECK(reading(sample, Metric::up) == 0.0);
    CHECK(reading(sample, Metric::connection_ends_total, to_string(c.wanted)).value() >= 1);
}

TEST_CASE("httpflv: refused, and a name without address", "[probes][httpflv][session]") {
    auto target = target_for(1);  // nobody listens on port 1
    play_to_outcome(target, Outcome::refused);
    target.connect_to = "no-such-host.invalid";
    play_to_outcome(target, Outcome::resolve_failed);
}

TEST_CASE("httpflv: it connects again, as a player does", "[probes][httpflv][session]") {
    OneShotServer server{"HTTP/1.1 200 OK\r\n\r\n" + flv_body(), OneShotServer::Then::close};
    const auto sample = play(target_for(server.port()),
                             [](const Sample& s) { return reading(s, Metric::connections_total).value_or(0) >= 3; });
    CHECK(reading(sample, Metric::connection_ends_total, "ended").value() >= 2);
    CHECK(server.clients() >= 2);
}

TEST_CASE("shard: stops promptly in any state", "[probes][shard][session]") {
    OneShotServer flowing{"HTTP/1.1 200 OK\r\n\r\n" + flv_body(), OneShotServer::Then::hold};
    const RealClock clock;
    Samples collector;
    Shard shard{clock, collector, 1};
    shard.watch(target_for(flowing.port()));
    shard.watch(target_for(1));  // in backoff most of the time
    std::jthread thread{[&](std::stop_token stop) { shard.run(stop); }};
    const auto first = collector.wait_for([](const Sample& s) { return s.outcome == Outcome::ok; });
    collector.wait_for([&](const Sample& s) { return s.at > first.at + 500ms; });  // longer than one turn
    const auto asked = clock.uptime();
    thread.request_stop();
    thread.join();
    CHECK(clock.uptime() - asked < 2s);
    CHECK(shard.turns() > 0);
}

TEST_CASE("protocols: the URL implies the protocol", "[probes]") {
    CHECK(protocol_of_url("http://a/b.flv?token=x") == "httpflv");
    CHECK(protocol_of_url("https://a/b.flv") == "httpflv");
    CHECK_FALSE(protocol_of_url("http://a/b.mp4"));
    CHECK_FALSE(protocol_of_url("ftp://a/b.flv"));
    CHECK(protocol_names().front() == "httpflv");
}
