#include <catch2/catch.hpp>
#include <cerrno>

#include "probes/net/libav_listener.h"
#include "probes/rtmp/rtmp_names.h"
#include "support/manual_clock.h"

using namespace outrider;
using namespace outrider::probes;
using namespace std::chrono_literals;

TEST_CASE("rtmp: a URL is taken apart as servers see it", "[probes][rtmp]") {
    struct Case {
        const char* url;
        const char* app;
        const char* playpath;
        const char* tc_url;
    };
    const auto c = GENERATE(values<Case>({
        {"rtmp://h/live/demo", "live", "demo", "rtmp://h/live"},
        {"rtmp://h:1936/live/demo", "live", "demo", "rtmp://h:1936/live"},
        {"RTMP://User:pw@H/live/demo", "live", "demo", "rtmp://h/live"},
        {"rtmp://[2001:db8::1]/live/demo", "live", "demo", "rtmp://[2001:db8::1]/live"},
        {"rtmps://h/a/b/demo", "a/b", "demo", "rtmps://h/a/b"},
        {"rtmp://h/a/b/c/demo", "a/b", "c/demo", "rtmp://h/a/b"},
        {"rtmp://h/live/demo?token=x/y", "live", "demo?token=x/y", "rtmp://h/live"},
        {"rtmp://h/a/b/demo?token=x/y", "a/b", "demo?token=x/y", "rtmp://h/a/b"},
        {"rtmp://h/live?vhost=v.example/demo", "live?vhost=v.example", "demo", "rtmp://h/live?vhost=v.example"},
        {"rtmp://h/live/demo.flv", "live", "demo", "rtmp://h/live"},
        {"rtmp://h/live/demo.flv?t=1", "live", "demo?t=1", "rtmp://h/live"},
        {"rtmp://h/vod/film.mp4", "vod", "mp4:film.mp4", "rtmp://h/vod"},
        {"rtmp://h/vod/mp4:film.mp4", "vod", "mp4:film.mp4", "rtmp://h/vod"},
    }));
    INFO(c.url);
    const auto names = rtmp_names(c.url);
    REQUIRE(names);
    CHECK(names->app == c.app);
    CHECK(names->playpath == c.playpath);
    CHECK(names->tc_url == c.tc_url);
}

TEST_CASE("rtmp: ports are the scheme's own, unless written", "[probes][rtmp]") {
    CHECK(rtmp_names("rtmp://h/a/b")->port == 1935);
    CHECK(rtmp_names("rtmps://h/a/b")->port == 443);
    CHECK(rtmp_names("rtmp://h:80/a/b")->port == 80);
}

TEST_CASE("rtmp: a URL without a stream's name is refused", "[probes][rtmp]") {
    for (const auto* url :
         {"rtmp://h", "rtmp://h/", "rtmp://h/live", "rtmp://h/live/", "rtmp://h//demo", "http://h/live/demo", "rtmp:x"})
        CHECK_FALSE(rtmp_names(url));
}

TEST_CASE("libav: causes are read from its log, errors from its codes", "[probes][libav]") {
    const outrider::test::ManualClock clock;
    const auto cause = [&](int error, std::initializer_list<std::pair<const char*, const char*>> log) {
        LibavListener listener{clock};
        for (const auto& [source, text] : log) listener.hear(source, true, text);
        return listener.cause(error);
    };
    CHECK(cause(-1, {{"rtmp", "Server error: No such stream\n"}}) == Outcome::not_published);
    CHECK(cause(-1, {{"rtmp", "Server error: NetStream.Play.StreamNotFound\n"}}) == Outcome::not_published);
    CHECK(cause(-1, {{"rtmp", "Server error: Failed to play demo; stream not found.\n"}}) == Outcome::not_published);
    CHECK(cause(-1, {{"rtmp", "Server error: [ AccessManager.Reject ]\n"}}) == Outcome::refused);
    CHECK(cause(-5, {{"tcp", "Failed to resolve hostname x: Name or service not known\n"}}) == Outcome::resolve_failed);
    CHECK(cause(-5, {{"tls", "Unable to verify peer certificate: x\n"}}) == Outcome::tls_failed);
    CHECK(cause(-5, {{"rtmps", "Handshaking...\n"}, {"tls", "The TLS connection was non-properly terminated.\n"}}) ==
          Outcome::reset);
    CHECK(cause(-ECONNREFUSED, {}) == Outcome::refused);
    CHECK(cause(-ETIMEDOUT, {}) == Outcome::timeout);
    CHECK(cause(-EHOSTUNREACH, {}) == Outcome::unreachable);
    CHECK(cause(-EIO, {}) == Outcome::reset);
}
