#include "daemon/commands/probe/verdict.h"

#include <catch2/catch.hpp>

#include "unit/daemon/probe/record_fixture.h"

using namespace outrider;
using namespace outrider::app;
using namespace outrider::app::test;
using namespace std::chrono_literals;

TEST_CASE("probe verdict: no media is unreachable, and says why", "[daemon][probe]") {
    auto r = record();
    CHECK(judge(r).health == Health::unreachable);
    CHECK(judge(r).reason == "no media came (connecting)");
    r.take(sample(Outcome::http_4xx, {{Metric::connections_total, {}, 3}}));
    CHECK(judge(r).reason == "no media came (http_4xx)");
    CHECK(summary({r}) ==
          "sin1: unreachable: no media came (http_4xx), tried 3 times; the server answered with a status of 400 to "
          "499\n");
}

TEST_CASE("probe verdict: stalls, lateness and lost connections degrade", "[daemon][probe]") {
    auto late = record();
    late.take(media(10, 0.2));
    CHECK(judge(late).health == Health::healthy);
    CHECK(judge(late).reason == "no stall, never later than 0.20 s");
    late.take(media(11, 0.6));  // more than half of the 1 s viewer's buffer
    late.take(media(12, 0.1));
    CHECK(judge(late).health == Health::degraded);
    CHECK(judge(late).reason == "media came up to 0.60 s late");

    auto stalled = record();
    stalled.take(media(10, 0, 3));
    CHECK(judge(stalled).reason == "a viewer with 1s of buffer stalled 3 times, 6.0 s in all");
    auto twice = record();
    twice.take(media(10, 0, 2));
    CHECK(judge(twice).reason == "a viewer with 1s of buffer stalled twice, 4.0 s in all");

    auto lost = record();
    lost.take(media(10, 0));
    lost.take(sample(Outcome::reset, {}));
    lost.take(media(10, 0));
    CHECK(judge(lost).reason == "the connection was lost (reset)");

    auto slow = record();
    slow.take(sample(Outcome::refused, {}));
    slow.take(media(10, 0));
    CHECK(judge(slow).health == Health::degraded);
    CHECK(judge(slow).reason == "it did not connect at once (refused)");
}

TEST_CASE("probe verdict: a burst at the start and a short run are no fault", "[daemon][probe]") {
    // The server's cache gives 2 s of media at once: the viewer with 1 s holds 2 s, and bears a lag of 0.6 s well.
    auto r = record();
    auto burst = media(2, 0);
    burst.readings.push_back({Metric::viewer_buffer_seconds, "1s", 2.0});
    r.take(burst);
    r.take(media(2.4, 0.6, 0, 1s));
    CHECK(judge(r).health == Health::healthy);  // and neither rate nor the start of any viewer is known
}

TEST_CASE("probe verdict: lost packets degrade when pictures do not bear them", "[daemon][probe]") {
    const auto verdict = [](std::string_view layer, double expected, double lost) {
        auto r = record();
        auto s = media(10, 0);
        s.readings.push_back({Metric::packets_expected_total, layer, expected});
        s.readings.push_back({Metric::packets_lost_total, layer, lost});
        r.take(s);
        return judge(r);
    };
    CHECK(verdict("rtp", 10'000, 0).health == Health::healthy);
    CHECK(verdict("rtp", 10'000, 5).health == Health::healthy);
    CHECK(verdict("rtp", 10'000, 20).health == Health::degraded);
    CHECK(verdict("rtp", 10'000, 20).reason == "20 of 10000 packets were lost (rtp)");
    CHECK(verdict("srt_wire", 10'000, 500).health == Health::healthy);  // mended in time
    CHECK(verdict("rtp", 100, 1).health == Health::healthy);            // one alone says nothing
}

TEST_CASE("probe verdict: a path has no media, and is well when it answers", "[daemon][probe]") {
    auto r = path_record();
    CHECK(judge(r).health == Health::unreachable);
    r.take(sample(Outcome::timeout, {}));
    CHECK(judge(r).reason == "no answer came (timeout)");

    auto well = path_record();
    auto s = losses("icmp", 50, 0, 10s);
    s.readings.push_back({Metric::path_rtt_seconds, {}, 0.0123});
    well.take(s);
    CHECK(judge(well).health == Health::healthy);
    CHECK(judge(well).reason == "every request was answered, round trip 12.3 ms");
    well.take(losses("icmp", 50, 1, 11s));
    CHECK(judge(well).health == Health::healthy);
    well.take(losses("icmp", 60, 10, 12s));
    CHECK(judge(well).health == Health::degraded);
    CHECK(judge(well).reason == "10 of 60 requests went unanswered");
}

TEST_CASE("probe verdict: several targets are as bad as the worst, unreachable only together", "[daemon][probe]") {
    auto good = record();
    good.take(media(10, 0));
    CHECK(overall({good}).health == Health::healthy);
    CHECK(overall({good, good}).reason == "all 2 targets are healthy");
    CHECK(overall({good, record()}).health == Health::degraded);
    CHECK(overall({good, record()}).reason == "of 2 targets 1 unreachable");
    CHECK(overall({record(), record()}).health == Health::unreachable);
    CHECK(summary({good, record("fra1")}).ends_with("overall: degraded: of 2 targets 1 unreachable\n"));
}

TEST_CASE("probe verdict: POPs are compared by the same frames, of one stream each", "[daemon][probe]") {
    const auto behind = [](const std::string& name, const std::string& stream, double delay) {
        auto r = record(name);
        r.target.stream = stream;
        r.take(sample(Outcome::ok, {{Metric::pop_delay_seconds, "earliest", delay}}));
        return r;
    };
    CHECK(comparisons({behind("sin1", "a", 1.2), behind("fra1", "a", 0), behind("hkg1", "a", 0.005),
                       behind("sin1 b", "b", 0.3), record("lax1")}) ==
          std::vector<std::string>{"sin1 is 1.20 s behind fra1", "fra1 and hkg1 are within 20 ms"});
    std::vector<ProbeRecord> many;
    for (int i = 0; i < 9; ++i) many.push_back(behind("pop" + std::to_string(i), "a", i == 3 ? 0.0 : 0.01));
    CHECK(comparisons(many) == std::vector<std::string>{"pop3 and 8 others are within 20 ms"});
}
