#include "daemon/web/rules_json.h"

#include <catch2/catch.hpp>
#include <limits>
#include <nlohmann/json.hpp>

using namespace outrider;
using namespace outrider::app;
using namespace std::chrono_literals;
using nlohmann::json;

namespace {

const Instant kAt{1'700'000'000s};

constexpr const char* kRecording = R"j({"type": "recording", "name": "lag:sum", "query": "sum(lag)",
        "labels": {}, "health": "err", "lastError": "no", "evaluationTime": 0,
        "lastEvaluation": "2023-11-14T22:13:20.000Z"})j";

constexpr const char* kAlerting = R"j({"type": "alerting", "name": "Late", "query": "lag > 1",
        "state": "firing", "duration": 90.0, "keepFiringFor": 0.2, "labels": {"severity": "{{ $value }}"},
        "annotations": {"summary": "late"}, "health": "ok", "evaluationTime": 0,
        "lastEvaluation": "2023-11-14T22:13:22.000Z", "alerts": [
            {"labels": {"alertname": "Late", "pop": "sin1"}, "annotations": {"summary": "late"}, "state": "firing",
             "activeAt": "2023-11-14T22:13:20.500Z", "keepFiringSince": "2023-11-14T22:13:21.000Z", "value": "2.5e+00"},
            {"labels": {"alertname": "Late", "pop": "fra1"}, "annotations": {}, "state": "pending",
             "activeAt": "2023-11-14T22:13:20.000Z", "value": "+Inf"}]})j";

RulesSnapshot snapshot() {
    using rules::RuleHealth;
    using rules::RuleView;
    Alert firing;
    firing.labels = {{"alertname", "Late"}, {"pop", "sin1"}};
    firing.annotations = {{"summary", "late"}};
    firing.state = AlertState::firing;
    firing.value = 2.5;
    firing.active_at = kAt + 500ms;
    firing.false_since = kAt + 1s;
    Alert pending;
    pending.labels = {{"alertname", "Late"}, {"pop", "fra1"}};
    pending.value = std::numeric_limits<double>::infinity();
    pending.active_at = kAt;
    const RuleView late{.type = RuleView::Type::alerting,
                        .name = "Late",
                        .query = "lag > 1",
                        .hold = 90s,
                        .keep_firing = 200ms,
                        .labels = {{"severity", "{{ $value }}"}},
                        .annotations = {{"summary", "late"}},
                        .status = {.health = RuleHealth::ok, .last_error = "", .last_evaluation = kAt + 2s},
                        .alerts = {firing, pending}};
    const RuleView sum{.type = RuleView::Type::recording,
                       .name = "lag:sum",
                       .query = "sum(lag)",
                       .labels = {},
                       .annotations = {},
                       .status = {.health = RuleHealth::err, .last_error = "no", .last_evaluation = kAt},
                       .alerts = {}};
    const RuleView never{.name = "Never", .query = "1", .labels = {}, .annotations = {}, .status = {}, .alerts = {}};
    return {.groups = {{.name = "g", .file = "a.yaml", .interval = 200ms, .limit = 3, .rules = {sum, late}},
                       {.name = "h", .file = "b.yaml", .interval = 60s, .limit = 0, .rules = {never}}},
            .tick_duration = 3ms};
}

json groups_of(const RulesQuery& query) {
    const auto text = rules_json(snapshot(), query);
    REQUIRE(text);
    const auto parsed = json::parse(*text);
    CHECK(parsed["status"] == "success");
    return parsed["data"]["groups"];
}

}  // namespace

TEST_CASE("api: rules have Prometheus's shape", "[daemon][api]") {
    const auto groups = groups_of({});
    REQUIRE(groups.size() == 2);
    CHECK(groups[0]["name"] == "g");
    CHECK(groups[0]["file"] == "a.yaml");
    CHECK(groups[0]["interval"] == 0.2);
    CHECK(groups[0]["limit"] == 3);
    CHECK(groups[0]["evaluationTime"] == 0.003);
    CHECK(groups[0]["lastEvaluation"] == "2023-11-14T22:13:22.000Z");
    CHECK(groups[0]["rules"][0] == json::parse(kRecording));
    CHECK(groups[0]["rules"][1] == json::parse(kAlerting));
    CHECK(groups[1]["rules"][0]["state"] == "inactive");
    CHECK(groups[1]["rules"][0]["health"] == "unknown");
    CHECK(groups[1]["rules"][0]["lastEvaluation"] == "0001-01-01T00:00:00Z");
    CHECK(groups[1]["rules"][0]["alerts"] == json::array());
}

TEST_CASE("api: rules are filtered, and groups without any left are not shown", "[daemon][api]") {
    CHECK(groups_of({.type = "record"}).size() == 1);
    CHECK(groups_of({.type = "record"})[0]["rules"].size() == 1);
    CHECK(groups_of({.type = "alert"}).size() == 2);
    CHECK(groups_of({.rule_names = {"Late", "Never"}})[0]["rules"].size() == 1);
    CHECK(groups_of({.rule_groups = {"h"}})[0]["name"] == "h");
    CHECK(groups_of({.files = {"a.yaml"}})[0]["name"] == "g");
    CHECK(groups_of({.type = "alert", .exclude_alerts = "true"})[0]["rules"][0]["alerts"].empty());
    CHECK(groups_of({.type = "alert", .exclude_alerts = "1"})[0]["rules"][0]["alerts"].empty());
    CHECK_FALSE(groups_of({.type = "alert", .exclude_alerts = "f"})[0]["rules"][0]["alerts"].empty());
    CHECK(rules_json(snapshot(), {.exclude_alerts = "yes"}).error().text ==
          "exclude_alerts: want true or false, got \"yes\"");
    CHECK(rules_json(snapshot(), {.type = "x"}).error().text == "type: want alert or record, got \"x\"");
}

TEST_CASE("api: alerts are those that are pending or firing", "[daemon][api]") {
    const auto parsed = json::parse(alerts_json(snapshot()));
    CHECK(parsed["status"] == "success");
    REQUIRE(parsed["data"]["alerts"].size() == 2);
    CHECK(parsed["data"]["alerts"][0]["state"] == "firing");
}
