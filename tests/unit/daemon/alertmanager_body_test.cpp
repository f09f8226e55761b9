#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <vector>

#include "daemon/notify/alertmanager/body.h"
#include "unit/daemon/book_fixture.h"

namespace outrider::app::test {
namespace {

using nlohmann::json;

OutgoingAlert outgoing() {
    return {.labels = {{"alertname", "ONCE"}, {"stream", "a"}},
            .annotations = {{"summary", "late"}},
            .starts_at = at(10),
            .ends_at = at(250),
            .version = 1};
}

}  // namespace

TEST_CASE("alertmanager body: an alert has both moments and an absolute generator URL", "[daemon][alertmanager]") {
    const auto expected = json::parse(R"json([{
        "labels": {"alertname": "ONCE", "stream": "a"},
        "annotations": {"summary": "late"},
        "startsAt": "2026-03-01T00:00:10.000Z",
        "endsAt": "2026-03-01T00:04:10.000Z",
        "generatorURL": "http://noc:10980/#alert-1a7c052234f597dc"
    }])json");
    const std::vector alerts{outgoing()};
    CHECK(json::parse(alertmanager_body(alerts, "http://noc:10980")) == expected);
    CHECK(json::parse(alertmanager_body(alerts, "http://noc:10980/")) == expected);
}

TEST_CASE("alertmanager body: a batch keeps its order, an empty one is an empty list", "[daemon][alertmanager]") {
    auto second = outgoing();
    second.labels.set("stream", "b");
    const auto body = json::parse(alertmanager_body(std::vector{outgoing(), second}, "http://x"));
    REQUIRE(body.size() == 2);
    CHECK(body[1]["labels"]["stream"] == "b");
    CHECK(alertmanager_body({}, "http://x") == "[]");
}

TEST_CASE("alertmanager body: annotations are an object even when there are none, and bad names are left out",
          "[daemon][alertmanager]") {
    auto alert = outgoing();
    alert.annotations = {{"bad-name", "x"}};
    const auto body = json::parse(alertmanager_body(std::vector{alert}, "http://x"));
    CHECK(body[0]["annotations"] == json::object());
}

TEST_CASE("alertmanager body: labels it would refuse are known beforehand", "[daemon][alertmanager]") {
    CHECK(sendable({{"alertname", "A"}, {"stream", "any \xFF value"}}));
    CHECK_FALSE(sendable({}));
    CHECK_FALSE(sendable({{"alertname", "A"}, {"bad-name", "x"}}));
}

}  // namespace outrider::app::test
