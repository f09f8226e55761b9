#include <catch2/catch.hpp>

#include "probes/net/kernel_time.h"
#include "probes/net/url_query.h"
#include "probes/srt/srt_url.h"
#include "probes/udp/udp_url.h"

using namespace outrider;
using namespace outrider::probes;
using namespace std::chrono_literals;

TEST_CASE("url query: values are found and unescaped", "[probes][url]") {
    CHECK(query_value("srt://h:1?a=1&b=%23x&c", "b") == "#x");
    CHECK(query_value("srt://h:1?a=1&b=2&c", "c") == "");
    CHECK(query_value("srt://h:1?streamid=#!::r=live,m=request&a=1", "streamid") == "#!::r=live,m=request");
    CHECK(query_value("srt://h:1?a=%4&b=%zz", "b") == "%zz");
    CHECK_FALSE(query_value("srt://h:1?aa=1", "a"));
    CHECK_FALSE(query_value("srt://h:1", "a"));
    CHECK(query_number("x?n=12", "n", 0, 12) == 12);
    for (const auto* url : {"x?n=13", "x?n=-1", "x?n=1s", "x?n=", "x?m=1"}) CHECK_FALSE(query_number(url, "n", 0, 12));
}

TEST_CASE("srt: options in the URL", "[probes][srt]") {
    const auto url = parse_srt_url("srt://h:9000/?mode=caller&streamid=live%2Fa&passphrase=0123456789&pbkeylen=32");
    REQUIRE(url);
    CHECK(*url ==
          SrtUrl{.host = "h", .port = 9000, .stream_id = "live/a", .passphrase = "0123456789", .key_bytes = 32});
    for (const auto* bad : {"srt://h", "udp://h:1", "srt://h:1?mode=listener", "srt://h:1?passphrase=short",
                            "srt://h:1?pbkeylen=8", "srt://h:1?pbkeylen=17", "srt://h:1?latency=fast"})
        CHECK_FALSE(parse_srt_url(bad));
}

TEST_CASE("srt: latency is in milliseconds, and in ffmpeg's microseconds where nothing else makes sense",
          "[probes][srt]") {
    const auto latency = [](const std::string& query) { return parse_srt_url("srt://h:1?" + query)->latency_ms; };
    CHECK_FALSE(latency("x=1"));
    CHECK(latency("latency=120") == 120);
    CHECK(latency("latency=8000") == 8000);
    CHECK(latency("latency=120000") == 120);
    CHECK(latency("latency=200&rcvlatency=300") == 300);
}

TEST_CASE("udp: options in the URL", "[probes][udp]") {
    const auto group = parse_udp_url("rtp://192.0.2.1@239.1.2.3:5004?localaddr=192.0.2.9&buffer_size=65536");
    REQUIRE(group);
    CHECK(*group == UdpUrl{.rtp = true,
                           .host = "239.1.2.3",
                           .port = 5004,
                           .source = "192.0.2.1",
                           .local_address = "192.0.2.9",
                           .receive_buffer = 65'536});
    CHECK(parse_udp_url("udp://[ff3e::1]:5004?sources=2001:db8::1")->source == "2001:db8::1");
    CHECK(parse_udp_url("udp://0.0.0.0:5004")->source.empty());
    for (const auto* bad : {"udp://239.1.2.3", "tcp://h:1", "udp://:1"}) CHECK_FALSE(parse_udp_url(bad));
}

// The kernel's clock is 3 s behind ours. A datagram waits for us 0.1 ms at best.
//
//   read at      0     200    400    600 ms   arrival
//   waited       0.1   20     0.1    0.1 ms   as if each had waited 0.1 ms
TEST_CASE("kernel time: what a datagram waited for us is taken out", "[probes][udp]") {
    KernelTime times;
    const Instant start{1'700'000'000s};
    const auto kernel = [](Instant ours) { return ours - 3s; };
    const auto at = [&](Duration after, Duration waited) {
        return times.arrival(kernel(start + after), start + after + waited) - start;
    };
    CHECK(at(0ms, 100us) == 100us);
    CHECK(at(200ms, 20ms) == 200ms + 100us);
    CHECK(at(400ms, 100us) == 400ms + 100us);
    CHECK(at(600ms, 50us) == 600ms + 50us);  // better than any before
}

TEST_CASE("kernel time: never after the reading, never back", "[probes][udp]") {
    KernelTime times;
    const Instant start{1'700'000'000s};
    Instant last{};
    for (int i = 0; i < 1000; ++i) {
        const auto read = start + i * 10ms;
        const auto stamp =
            read - 3s - Duration{(i * 7919) % 30'000'000} + (i > 500 ? 200ms : 0ms) - (i > 700 ? 5s : 0s);
        const auto arrival = times.arrival(stamp, read);
        CHECK(arrival <= read);
        CHECK(arrival >= last);
        CHECK(read - arrival <= 250ms);
        last = arrival;
    }
}

TEST_CASE("kernel time: a step of the system clock is followed", "[probes][udp]") {
    struct Case {
        Duration step;
        Duration worst;  // error at once
    };
    const auto c = GENERATE(values<Case>({{10s, 0ms}, {300ms, 0ms}, {-10s, 0ms}, {-300ms, 300ms}}));
    KernelTime times;
    const Instant start{1'700'000'000s};
    for (int i = 0; i < 100; ++i) static_cast<void>(times.arrival(start + i * 10ms, start + i * 10ms));
    const auto error = [&](Duration after) {
        const auto read = start + 1s + after;
        return read - times.arrival(read + c.step, read);
    };
    CHECK(error(10ms) <= c.worst);
    for (auto after = 20ms; after < 2s; after += 10ms) static_cast<void>(error(after));
    CHECK(error(2'100ms) == 0ms);
}
