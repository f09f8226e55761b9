#include "daemon/commands/probe_report.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace outrider;
using namespace outrider::app;
using namespace std::chrono_literals;

namespace {

const Instant kStart{1'700'000'000s};

ProbeRecord record() {
    return {.target = {.id = TargetId{0},
                       .stream = "http://x/y.flv",
                       .pop = "sin1",
                       .protocol = "httpflv",
                       .url = "http://x/y.flv",
                       .connect_to = "sin1",
                       .viewers = {{.name = "1s", .start = 1s, .resume = 1s}},
                       .heartbeat = 200ms},
            .newest = {},
            .worst_lag = {},
            .worst_gap = {}};
}

Sample sample(Outcome outcome, double media, double lag, double stalls = 0) {
    return {.target = TargetId{0},
            .at = kStart,
            .outcome = outcome,
            .readings = {{Metric::media_seconds_total, {}, media},
                         {Metric::lag_seconds, {}, lag},
                         {Metric::viewer_stalls_total, "1s", stalls},
                         {Metric::viewer_stall_seconds_total, "1s", stalls * 2}}};
}

}  // namespace

TEST_CASE("probe: the verdict and its reason", "[daemon][probe]") {
    auto r = record();
    CHECK(judge(r).health == Health::unreachable);
    CHECK(judge(r).reason == "no media came (connecting)");
    r.take({.target = TargetId{0}, .at = kStart, .outcome = Outcome::http_4xx, .readings = {}});
    CHECK(judge(r).reason == "no media came (http_4xx)");

    auto healthy = record();
    healthy.take(sample(Outcome::ok, 10, 0.2));
    CHECK(judge(healthy).health == Health::healthy);
    healthy.take(sample(Outcome::ok, 11, 0.6));  // more than half of the 1 s viewer's buffer
    healthy.take(sample(Outcome::ok, 12, 0.1));
    CHECK(judge(healthy).health == Health::degraded);
    CHECK(judge(healthy).reason == "media came up to 0.60 s late");

    auto stalled = record();
    stalled.take(sample(Outcome::ok, 10, 0, 3));
    CHECK(judge(stalled).reason == "a viewer with 1s of buffer stalled 3 times, 6.0 s in all");

    auto lost = record();
    lost.take(sample(Outcome::reset, 10, 0));
    lost.take(sample(Outcome::ok, 10, 0));
    CHECK(judge(lost).reason == "the connection was lost (reset)");
}

TEST_CASE("probe: several targets are as bad as the worst, unreachable only together", "[daemon][probe]") {
    auto good = record();
    good.take(sample(Outcome::ok, 10, 0));
    CHECK(overall({good}) == Health::healthy);
    CHECK(overall({good, record()}) == Health::degraded);
    CHECK(overall({record(), record()}) == Health::unreachable);
}

TEST_CASE("probe: the JSON document carries the metrics' names", "[daemon][probe]") {
    auto r = record();
    r.take(sample(Outcome::ok, 10, 0.25));
    const auto document = nlohmann::json::parse(json_document({r}, kStart, 8s));
    CHECK(document["version"] == 1);
    CHECK(document["duration_seconds"] == 8.0);
    CHECK(document["started"] == "2023-11-14T22:13:20.000Z");
    const auto& target = document["targets"][0];
    CHECK(target["verdict"] == "healthy");
    CHECK(target["metrics"]["outrider_lag_seconds"] == 0.25);
    CHECK(target["metrics"]["outrider_viewer_stalls_total"]["1s"] == 0);
    CHECK_FALSE(target["metrics"].contains("outrider_up"));
}

TEST_CASE("probe: the table shows a dash for what is not known", "[daemon][probe]") {
    const auto text = table({record()}, 3s);
    CHECK(text.find("[starting]") != std::string::npos);
    CHECK(text.find("-") != std::string::npos);
    CHECK(text.find("0.00") == std::string::npos);
}
