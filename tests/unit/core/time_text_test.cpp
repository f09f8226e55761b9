// Durations in Prometheus's notation, moments in RFC 3339.
#include "outrider/time_text.h"

#include <catch2/catch.hpp>

using namespace outrider;
using namespace std::chrono_literals;

TEST_CASE("time text: Prometheus's durations are read", "[core][time]") {
    static_assert(parse_duration("30s") == 30s);
    CHECK(parse_duration("0") == 0s);
    CHECK(parse_duration("0s") == 0s);
    CHECK(parse_duration("200ms") == 200ms);
    CHECK(parse_duration("1h30m") == 90min);
    CHECK(parse_duration("1d12h") == 36h);
    CHECK(parse_duration("1m500ms") == 60'500ms);
    CHECK(parse_duration("007s") == 7s);
    CHECK(parse_duration("292y") == 292 * 365 * 24h);
    CHECK(parse_duration("1y2w3d4h5m6s7ms") == (365 + 14 + 3) * 24h + 4h + 5min + 6s + 7ms);
}

TEST_CASE("time text: what is no duration is refused", "[core][time]") {
    for (const auto* text : {"",
                             "30",
                             "s",
                             "-1s",
                             "+1s",
                             "1.5s",
                             " 1s",
                             "1s ",
                             "1 s",
                             "1S",
                             "1us",
                             "1s1s",
                             "1s1m",
                             "1ms1s",
                             "1min",
                             "293y",
                             "9223372037s",
                             "99999999999999999999s",
                             "9223372036854775808ms",
                             "1h30",
                             "∞"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_duration(text).has_value());
    }
}

TEST_CASE("time text: the shortest notation of a duration is read back as the same", "[core][time]") {
    CHECK(duration_text(0s) == "0s");
    CHECK(duration_text(999us) == "0s");
    CHECK(duration_text(90s) == "1m30s");
    CHECK(duration_text(-1500ms) == "-1s500ms");
    CHECK(duration_text(36h) == "1d12h");
    for (const Duration d : {1ms, 50ms, 1'000ms, 61'001ms, 86'400'000ms, 90'061'001ms}) {
        CAPTURE(duration_text(d));
        CHECK(parse_duration(duration_text(d)) == d);
    }
    CHECK(duration_text(Duration::max()) == "106751d23h47m16s854ms");
    CHECK(duration_text(Duration::min()) == "-106751d23h47m16s854ms");
}

TEST_CASE("time text: a moment is RFC 3339 in UTC, its fraction cut", "[core][time]") {
    CHECK(rfc3339(Instant{}) == "1970-01-01T00:00:00.000Z");
    CHECK(rfc3339(Instant{1ns}) == "1970-01-01T00:00:00.000Z");
    CHECK(rfc3339(Instant{-1ns}) == "1969-12-31T23:59:59.999Z");
    CHECK(rfc3339(Instant{1'772'348'709'120ms + 999us}) == "2026-03-01T07:05:09.120Z");
    CHECK(rfc3339(Instant{951'782'400s}) == "2000-02-29T00:00:00.000Z");
    CHECK(rfc3339(Instant::max()) == "2262-04-11T23:47:16.854Z");
    CHECK(rfc3339(Instant::min()) == "1677-09-21T00:12:43.145Z");
}
