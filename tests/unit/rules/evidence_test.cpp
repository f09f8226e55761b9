// What tells false from no data: the table of evidence.h, line by line.
#include "rules/evidence.h"

#include <catch2/catch.hpp>

#include "rule_bench.h"

using namespace outrider;
using namespace outrider::rules;
using namespace outrider::rules::test;

namespace {

constexpr double kGone = -1;  // as a value: the series is not there

struct Case {
    const char* expr;
    RuleBench::Values while_true;
    RuleBench::Values then;
    const char* outcome;
};

RuleBench::Values present(const RuleBench::Values& values) {
    RuleBench::Values there;
    for (const auto& value : values)
        if (value.second != kGone) there.push_back(value);
    return there;
}

std::string outcome_of(const Case& line, const std::vector<Rule>& before = {}) {
    auto rules = before;
    rules.emplace_back(rule("A", line.expr));
    RuleBench bench{rules};
    bench.at(0s, present(line.while_true));
    const auto last = rules.size() - 1;
    if (bench.now(last) != "firing") return "never fired";
    const auto labels = bench.alerting(last).active().begin()->first;
    bench.at(1s, present(line.then));
    return bench.alerting(last).active().contains(labels) ? "no data" : "false";
}

const std::string kA = "a{pop=\"x\", n=\"1\"}";
const std::string kA2 = "a{pop=\"x\", n=\"2\"}";
const std::string kAY = "a{pop=\"y\", n=\"1\"}";
const std::string kB = "b{pop=\"x\", n=\"1\"}";
const std::string kBY = "b{pop=\"y\", n=\"1\"}";
const std::string kInfo = "info{pop=\"x\", region=\"asia\"}";
const std::string kReference = "reference{kind=\"r\", pop=\"elsewhere\"}";

}  // namespace

TEST_CASE("evidence: an absent element is false while its series report, and no data when they are silent",
          "[rules][evidence]") {
    const std::vector<Case> table{
        {"a > 1", {{kA, 2}}, {{kA, 0}}, "false"},
        {"a > 1", {{kA, 2}, {kAY, 0}}, {{kA, kGone}, {kAY, 0}}, "no data"},
        {"a{pop=\"x\"} > 1", {{kA, 2}, {kAY, 0}}, {{kAY, 0}}, "no data"},
        {"-(a) < -1", {{kA, 2}}, {}, "no data"},
        {"abs(a) > 1", {{kA, 2}}, {{kA, 0}}, "false"},
        {"avg_over_time(a[500ms]) > 1", {{kA, 2}}, {{kA, 0}}, "false"},
        {"a smoothed > 1", {{kA, 2}}, {{kA, 0}}, "false"},
        {"changes(a[500ms] anchored) < 1", {{kA, 2}}, {{kA, 0}}, "false"},
        {"changes(a[500ms] anchored) < 1", {{kA, 2}}, {}, "no data"},
        {"avg_over_time(a[500ms]) > 1", {{kA, 2}}, {}, "no data"},
        {"last_over_time((a > 0)[500ms:100ms]) > 1", {{kA, 2}}, {{kA, 0.5}}, "false"},
        {"last_over_time((a > 0)[500ms:100ms]) > 1", {{kA, 2}}, {}, "no data"},

        {"a / b > 1", {{kA, 2}, {kB, 1}}, {{kA, 0}, {kB, 1}}, "false"},
        {"a / b > 1", {{kA, 2}, {kB, 1}}, {{kB, 1}}, "no data"},
        {"a / b > 1", {{kA, 2}, {kB, 1}, {kBY, 1}}, {{kA, 2}, {kBY, 1}}, "no data"},
        {"a > b", {{kA, 2}, {kB, 1}}, {{kA, 2}}, "no data"},
        {"a - on () group_left () reference > 1", {{kA, 2}, {kReference, 0}}, {{kA, 0}, {kReference, 0}}, "false"},
        {"a - on () group_left () reference > 1", {{kA, 2}, {kReference, 0}}, {{kA, 2}}, "no data"},
        {"a * on (pop) group_left (region) info > 1", {{kA, 2}, {kInfo, 1}}, {{kA, 0}, {kInfo, 1}}, "false"},
        {"a * on (pop) group_left (region) info > 1", {{kA, 2}, {kInfo, 1}}, {{kA, 2}}, "no data"},
        {"a * on (pop) group_left (region) info > 1", {{kA, 2}, {kInfo, 1}}, {{kInfo, 1}}, "no data"},

        {"a > 1 and b > 1", {{kA, 2}, {kB, 2}}, {{kA, 0}, {kB, 2}}, "false"},
        {"a > 1 and b > 1", {{kA, 2}, {kB, 2}}, {{kA, 0}, {kB, kGone}}, "false"},
        {"a > 1 and b > 1", {{kA, 2}, {kB, 2}}, {{kA, 2}, {kB, kGone}}, "no data"},
        {"a > 1 and b > 1", {{kA, 2}, {kB, 2}}, {{kA, kGone}, {kB, 2}}, "no data"},
        {"a > 1 and b > 1", {{kA, 2}, {kB, 2}}, {{kA, kGone}, {kB, 0}}, "false"},
        {"a > 1 and on () reference > 1", {{kA, 2}, {kReference, 2}}, {{kA, 2}}, "no data"},

        {"a > 1 or b > 1", {{kA, 2}, {kB, 0}}, {{kA, 0}, {kB, 0}}, "false"},
        {"a > 1 or b > 1", {{kA, 2}}, {{kA, 0}}, "false"},
        {"a > 1 or b > 1", {{kA, 0}, {kB, 2}}, {{kA, 0}}, "no data"},

        {"a > 1 unless b", {{kA, 2}}, {{kA, 0}}, "false"},
        {"a > 1 unless b", {{kA, 2}}, {{kA, 2}, {kB, 1}}, "false"},
        {"a > 1 unless b", {{kA, 2}}, {}, "no data"},
        {"a > 1 unless b", {{kA, 2}}, {{kB, 1}}, "false"},
        {"a > 1 unless b > 5", {{kA, 2}, {kB, 1}}, {{kA, 0}}, "false"},

        {"sum by (pop) (a) > 1", {{kA, 2}, {kA2, 1}}, {{kA2, 1}}, "false"},
        {"sum by (pop) (a) > 1", {{kA, 2}, {kAY, 0}}, {{kAY, 0}}, "no data"},
        {"sum(a) > 1", {{kA, 2}, {kAY, 0}}, {{kAY, 0}}, "false"},
        {"sum(a) > 1", {{kA, 2}}, {}, "no data"},
        {"topk(1, a) > 1", {{kA, 2}, {kAY, 1}}, {{kA, 1}, {kAY, 2}}, "false"},
        {"count_values(\"pop\", a) > 1", {{kA, 2}, {kA2, 2}}, {{kA, 2}}, "false"},

        {"absent(a)", {{kB, 1}}, {{kA, 1}}, "false"},
        {"absent(a{pop=\"x\"})", {}, {{kA, 1}}, "false"},
        {"label_replace(a, \"pop\", \"p-$1\", \"pop\", \"(.*)\") > 1", {{kA, 2}}, {{kA, 0}}, "false"},
        {"label_replace(a, \"pop\", \"p-$1\", \"pop\", \"(.*)\") > 1", {{kA, 2}}, {}, "no data"},
        {"a > scalar(reference)", {{kA, 2}, {kReference, 0}}, {{kA, 2}, {kReference, 3}}, "false"},
        {"a > scalar(reference)", {{kA, 2}, {kReference, 0}}, {{kA, 2}}, "no data"},
        {"vector(time()) < 1700000001", {}, {}, "false"},
    };
    for (const auto& line : table) {
        std::string then;
        for (const auto& [series, value] : present(line.then)) then += series + " " + std::to_string(value) + "; ";
        INFO(line.expr << " with then " << then);
        CHECK(outcome_of(line) == line.outcome);
    }
}

TEST_CASE("evidence: behind a recorded series stand those that it was made of", "[rules][evidence]") {
    const std::vector<Rule> late{recording("late", "a > 1")};
    CHECK(outcome_of({"late", {{kA, 2}}, {{kA, 0}}, ""}, late) == "false");
    CHECK(outcome_of({"late", {{kA, 2}, {kAY, 0}}, {{kAY, 0}}, ""}, late) == "no data");
    const std::vector<Rule> summed{recording("pop:a:sum", "sum by (pop) (a)", {{"kind", "sum"}})};
    CHECK(outcome_of({"pop:a:sum > 1", {{kA, 2}}, {{kA, 0}}, ""}, summed) == "false");
    CHECK(outcome_of({"pop:a:sum > 1", {{kA, 2}}, {}, ""}, summed) == "no data");
    const std::vector<Rule> twice{recording("one", "a"), recording("two", "one > 1")};
    CHECK(outcome_of({"two", {{kA, 2}}, {{kA, 0}}, ""}, twice) == "false");
    CHECK(outcome_of({"two", {{kA, 2}}, {}, ""}, twice) == "no data");
    const std::vector<Rule> itself{recording("latch", "a > 1 or latch > 100")};
    CHECK(outcome_of({"latch", {{kA, 2}}, {{kA, 0}}, ""}, itself) == "false");
    const std::vector<Rule> fails{recording("late", "a > on (pop) group_left () b")};
    CHECK(outcome_of({"late", {{kA, 2}, {kB, 1}}, {{kA, 0}, {kB, 1}}, ""}, fails) == "false");
}

TEST_CASE("evidence: recording rules of one name answer for the labels that they set", "[rules][evidence]") {
    const std::vector<Rule> both{recording("bad", "a > 3", {{"kind", "a"}}),
                                 recording("bad", "b > 3", {{"kind", "b"}})};
    for (const auto* text : {"bad{kind=\"a\"} > 0", "bad > 0"}) {
        INFO(text);
        CHECK(outcome_of({text, {{kA, 4}, {kB, 1}}, {{kA, 0}}, ""}, both) == "false");  // b's silence is no matter
        CHECK(outcome_of({text, {{kA, 4}, {kB, 1}}, {{kB, 1}}, ""}, both) == "no data");
    }
}

TEST_CASE("evidence: an alert that is no more is an answer", "[rules][evidence]") {
    const std::vector<Rule> inner{rule("Inner", "a > 1")};
    CHECK(outcome_of({"count(ALERTS{alertname=\"Inner\"}) > 0", {{kA, 2}}, {{kA, 0}}, ""}, inner) == "false");
    CHECK(outcome_of({"ALERTS{alertname=\"Inner\"}", {{kA, 2}}, {}, ""}, inner) == "no data");  // Inner itself is held
}

TEST_CASE("evidence: after a restart nothing has reported yet, and a restored alert waits", "[rules][evidence]") {
    const auto* text = GENERATE("a > 1", "a > 1 or b > 1", "a / b > 1", "sum by (stream, pop, protocol, n) (a) > 1");
    Alert alert{.labels = {{"alertname", "A"}, {"pop", "x"}, {"n", "1"}},
                .annotations = {},
                .state = AlertState::firing,
                .value = 2,
                .active_at = kStart - 10s,
                .fired_at = kStart - 10s,
                .resolved_at = std::nullopt,
                .false_since = std::nullopt};
    RuleBench bench{{rule("A", text)}};
    REQUIRE(bench.alerting().restore(alert));
    INFO(text);
    CHECK(bench.at(0s, {}).empty());
    CHECK(bench.at(1s, {{kBY, 0}}).empty());
    CHECK(bench.at(2s, {{kA, 0}, {kB, 1}}).size() == 1);
}
