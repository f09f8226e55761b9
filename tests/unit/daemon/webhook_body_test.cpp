#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "daemon/notify/webhook/body.h"
#include "unit/daemon/book_fixture.h"

namespace outrider::app::test {
namespace {

using nlohmann::json;

Notice notice() {
    return {.incident = 7,
            .key = key_of("a"),
            .labels = {{"alertname", "LagHigh"}, {"stream", "a"}, {"severity", "critical"}, {"priority", "P4"}},
            .annotations = {{"description", "4.2 s late"}, {"summary", "as the rule put it"}, {"runbook", "R1"}},
            .priority = Priority::p2,
            .fault = {.scope = Scope::pop, .confidence = 0.9, .evidence = "9 of 10 streams at fra are late"},
            .summary = "fra delivers late",
            .switch_to = "ams",
            .onset = at(5),
            .started_at = at(10),
            .ended_at = {},
            .reason = {}};
}

json body(const Notice& notice) { return json::parse(webhook_body(notice, "oncall", "http://noc:10980/")); }

Notice over(Notice notice) {
    notice.ended_at = at(60);
    notice.reason = "lag is normal";
    return notice;
}

}  // namespace

TEST_CASE("webhook body: a firing incident in Alertmanager's version 4", "[daemon][webhook]") {
    // The fingerprint of {alertname="LagHigh",priority="P2",severity="critical",stream="a"}.
    const Labels labels{{"alertname", "LagHigh"}, {"priority", "P2"}, {"severity", "critical"}, {"stream", "a"}};
    char fingerprint[17];
    std::snprintf(fingerprint, sizeof fingerprint, "%016lx", static_cast<unsigned long>(labels.fingerprint()));
    auto expected = json::parse(R"json({
        "version": "4",
        "groupKey": "{}:{alertname=\"LagHigh\", stream=\"a\"}",
        "truncatedAlerts": 0,
        "status": "firing",
        "receiver": "oncall",
        "groupLabels": {"alertname": "LagHigh", "stream": "a"},
        "commonLabels": {"alertname": "LagHigh", "priority": "P2", "severity": "critical", "stream": "a"},
        "commonAnnotations": {
            "summary": "fra delivers late", "description": "4.2 s late", "runbook": "R1", "cause": "pop",
            "confidence": "90%", "evidence": "9 of 10 streams at fra are late", "switch_to": "ams", "incident": "7",
            "onset": "2026-03-01T00:00:05.000Z"},
        "externalURL": "http://noc:10980",
        "alerts": [{
            "status": "firing",
            "startsAt": "2026-03-01T00:00:10.000Z",
            "endsAt": "0001-01-01T00:00:00Z",
            "generatorURL": "http://noc:10980/#incident-7"}]
    })json");
    expected["alerts"][0]["labels"] = expected["commonLabels"];
    expected["alerts"][0]["annotations"] = expected["commonAnnotations"];
    expected["alerts"][0]["fingerprint"] = fingerprint;
    CHECK(body(notice()) == expected);
}

TEST_CASE("webhook body: what receivers group by is the same when resolved", "[daemon][webhook]") {
    const auto firing_body = body(notice());
    const auto resolved_body = body(over(notice()));
    CHECK(resolved_body["status"] == "resolved");
    CHECK(resolved_body["alerts"][0]["status"] == "resolved");
    CHECK(resolved_body["alerts"][0]["endsAt"] == "2026-03-01T00:01:00.000Z");
    CHECK(resolved_body["commonAnnotations"]["resolution"] == "lag is normal");
    CHECK(resolved_body["groupKey"] == firing_body["groupKey"]);                                          // OnCall
    CHECK(resolved_body["commonAnnotations"]["summary"] == firing_body["commonAnnotations"]["summary"]);  // GoAlert
    for (const auto* same : {"fingerprint", "labels", "startsAt"})                                        // Keep
        CHECK(resolved_body["alerts"][0][same] == firing_body["alerts"][0][same]);
}

TEST_CASE("webhook body: an incident of which little is known still has objects, never null", "[daemon][webhook]") {
    const auto bare = body(Notice{});
    CHECK(bare["commonAnnotations"].is_object());
    CHECK(bare["commonLabels"].is_object());
    CHECK(bare["groupLabels"] == json::object());
    CHECK(bare["groupKey"] == "{}:{}");
    CHECK_FALSE(bare["commonAnnotations"].contains("switch_to"));
    CHECK_FALSE(bare["commonAnnotations"].contains("resolution"));
}

TEST_CASE("webhook body: without a description the evidence has the numbers", "[daemon][webhook]") {
    auto terse = notice();
    terse.annotations = {};
    CHECK(body(terse)["commonAnnotations"]["description"] == "9 of 10 streams at fra are late");
}

TEST_CASE("webhook body: quotes, line breaks and stray bytes stay inside their string", "[daemon][webhook]") {
    auto odd = notice();
    odd.key.set("stream", "a\"b\nc");
    odd.summary = "\xFF";
    CHECK(body(odd)["groupKey"] == "{}:{alertname=\"LagHigh\", stream=\"a\\\"b\\nc\"}");
    CHECK(body(odd)["commonAnnotations"]["summary"] == "\xEF\xBF\xBD");
}

}  // namespace outrider::app::test
