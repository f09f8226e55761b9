#include "rules/recording_rule.h"

#include <catch2/catch.hpp>

#include "rule_bench.h"

using namespace outrider;
using namespace outrider::rules;
using namespace outrider::rules::test;

namespace {
const std::string kSin = "lag{pop=\"sin1\"}";
const std::string kFra = "lag{pop=\"fra1\"}";
}  // namespace

TEST_CASE("recording: later rules of the group see the result in the same tick", "[rules][recording]") {
    RuleBench bench{{recording("worst", "max(lag)", {{"unit", "s"}}), rule("Late", "worst > 1")}};
    const auto changes = bench.at(0s, {{kSin, 2}, {kFra, 3}});
    REQUIRE(changes.size() == 1);
    CHECK(changes[0].alert.labels == Labels{{"alertname", "Late"}, {"unit", "s"}});
    CHECK(changes[0].alert.value == 3);
    CHECK(bench.value("worst{unit=\"s\"}", 0s) == 3);
}

TEST_CASE("recording: an empty label takes one of the element away", "[rules][recording]") {
    RuleBench bench{{recording("worst", "max by (pop) (lag)", {{"pop", ""}})}};
    bench.at(0s, {{kSin, 2}});
    CHECK(bench.value("worst", 0s) == 2);
}

TEST_CASE("recording: of two rules that make one series the second fails, and says so", "[rules][recording]") {
    RuleBench bench{{recording("worst", "max(lag)"), recording("worst", "min(lag)")}};
    bench.at(0s, {{kSin, 2}, {kFra, 1}});
    CHECK(bench.value("worst", 0s) == 2);
    CHECK(bench.status(0).health == RuleHealth::ok);
    CHECK(bench.status(1).last_error ==
          "duplicate sample for timestamp: something else makes the series {__name__=\"worst\"}");
}

TEST_CASE("recording: an element that vanishes is stale at once, and may come back", "[rules][recording]") {
    RuleBench bench{{recording("late", "lag > 1")}};
    bench.at(0s, {{kSin, 2}, {kFra, 3}});
    bench.at(1s, {{kSin, 0}, {kFra, 3}});
    CHECK_FALSE(bench.value("late{pop=\"sin1\"}", 1s));
    CHECK(bench.value("late{pop=\"fra1\"}", 1s) == 3);
    bench.at(2s, {{kSin, 4}, {kFra, 3}});
    CHECK(bench.value("late{pop=\"sin1\"}", 2s) == 4);
}

TEST_CASE("recording: a scalar is a series without labels", "[rules][recording]") {
    RuleBench bench{{recording("now", "time()")}};
    bench.at(0s, {});
    CHECK(bench.value("now", 0s) == unix_seconds(kStart));
}

TEST_CASE("recording: a failed evaluation records nothing and lets nothing go stale", "[rules][recording]") {
    SECTION("two elements become one series by the rule's labels") {
        RuleBench bench{{recording("copy", "lag", {{"pop", "any"}})}};
        bench.at(0s, {{kSin, 2}});
        CHECK(bench.value("copy", 0s) == 2);
        bench.at(1s, {{kSin, 3}, {kFra, 3}});
        CHECK(bench.status().last_error == "vector contains metrics with the same labelset after applying rule labels");
        CHECK(bench.value("copy", 1s) == 2);
    }
    SECTION("or by its name") {
        RuleBench bench{{recording("copy", "{__name__=~\"lag|gap\"}")}};
        bench.at(0s, {{kSin, 2}, {"gap{pop=\"sin1\"}", 1}});
        CHECK(bench.status().health == RuleHealth::err);
    }
    SECTION("the limit") {
        RuleBench bench{{recording("copy", "lag")}, Silence::is_no_data, 1};
        bench.at(0s, {{kSin, 2}});
        bench.at(1s, {{kSin, 3}, {kFra, 3}});
        CHECK(bench.status().last_error == "exceeded limit of 1 with 2 series");
        CHECK(bench.value("copy{pop=\"sin1\"}", 1s) == 2);
        bench.at(2s, {{kSin, 4}});
        CHECK(bench.status().health == RuleHealth::ok);
        CHECK(bench.value("copy{pop=\"sin1\"}", 2s) == 4);
    }
}
