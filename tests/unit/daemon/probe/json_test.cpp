#include "daemon/commands/probe/json.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "unit/daemon/probe/record_fixture.h"

using namespace outrider;
using namespace outrider::app;
using namespace outrider::app::test;
using namespace std::chrono_literals;
using nlohmann::json;

TEST_CASE("probe JSON: the document carries the metrics' names", "[daemon][probe]") {
    auto r = record();
    r.take(media(10, 0.25));
    const auto document = json::parse(json_document({r}, kStart, 8s, false, false));
    CHECK(document["version"] == 1);
    CHECK(document["type"] == "verdict");
    CHECK(document["verdict"] == "healthy");
    CHECK(document["duration_seconds"] == 8.0);
    CHECK(document["started"] == "2023-11-14T22:13:20.000Z");
    const auto& target = document["targets"][0];
    CHECK(target["verdict"] == "healthy");
    CHECK(target["worst"]["outrider_lag_seconds"] == 0.25);
    CHECK(target["metrics"]["outrider_lag_seconds"] == 0.25);
    CHECK(target["metrics"]["outrider_viewer_stalls_total"]["1s"] == 0);
    CHECK_FALSE(target["metrics"].contains("outrider_up"));
    CHECK_FALSE(target.contains("trace"));
}

TEST_CASE("probe JSON: a line is one sample, and there is none before the first", "[daemon][probe]") {
    auto r = record();
    CHECK(json_line(r).empty());
    r.take(sample(Outcome::refused, {{Metric::connections_total, {}, 2}}));
    const auto text = json_line(r);
    CHECK(text.find('\n') == text.size() - 1);
    const auto line = json::parse(text);
    CHECK(line["type"] == "sample");
    CHECK(line["outcome"] == "refused");
    CHECK(line["pop"] == "sin1");
    CHECK(line["metrics"]["outrider_connections_total"] == 2);
}

TEST_CASE("probe JSON: text that is no UTF-8 and numbers that are none do not break it", "[daemon][probe]") {
    auto r = record("\xff");
    r.take(sample(Outcome::ok, {{Metric::lag_seconds, {}, std::numeric_limits<double>::quiet_NaN()}}));
    r.trace.take(TraceEvent{.number = 1, .at = kStart, .kind = TraceKind::response, .text = "\xff\n"});
    const auto target = json::parse(json_document({r}, kStart, 1s, true, true))["targets"][0];
    CHECK(target["metrics"].empty());
    CHECK(target["trace"][0]["kind"] == "response");
}

TEST_CASE("probe JSON: the schema knows every metric, with its range", "[daemon][probe]") {
    const auto schema = json::parse(json_schema());
    const auto& metrics = schema["$defs"]["metrics"]["properties"];
    CHECK(metrics.size() == kMetrics.size());
    CHECK(metrics["outrider_lag_seconds"]["minimum"] == 0);
    CHECK(metrics["outrider_viewer_stalls_total"]["additionalProperties"]["minimum"] == 0);
    CHECK(schema["$defs"]["outcome"]["enum"].size() == kOutcomes.size());
    CHECK(schema["additionalProperties"] == false);
}
