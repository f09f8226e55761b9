#include "probes/protocols.h"

#include <algorithm>
#include <catch2/catch.hpp>

#include "probes/session.h"

using namespace outrider::probes;

TEST_CASE("protocols: a scheme implies its protocol", "[probes]") {
    struct Case {
        const char* url;
        const char* protocol;
    };
    const auto c = GENERATE(values<Case>({
        {"rtmp://h/live/a", "rtmp"},
        {"rtmps://h/live/a.flv", "rtmps"},
        {"srt://h:1?streamid=x", "srt"},
        {"udp://239.1.1.1:1", "udp"},
        {"rtp://239.1.1.1:1", "rtp"},
        {"icmp://h", "path"},
        {"tcp://h:80", "path"},
        {"rtsp://h/a", "av"},
        {"rist://h:1", "av"},
        {"https://h/a/live.mpd?x=1", "av"},
    }));
    INFO(c.url);
    CHECK(protocol_of_url(c.url) == c.protocol);
    CHECK(session_factory(c.protocol) != nullptr);
}

TEST_CASE("protocols: what begins like a scheme is none", "[probes]") {
    for (const auto* url : {"rtmp:/h/a", "rtmpt://h/a", "srt", "udp+x://h", "file:///a.mpd", "http://h/a"})
        CHECK_FALSE(protocol_of_url(url));
}

TEST_CASE("protocols: every one has a factory", "[probes]") {
    CHECK(std::ranges::all_of(protocol_names(), [](auto name) { return session_factory(name) != nullptr; }));
    CHECK(session_factory("nonsense") == nullptr);
}
