// The reader of rule unit tests: promtool's format, our own blocks in a second document, and every mistake at its
// place.
#include "rules/testing/unit_test_file.h"

#include <catch2/catch.hpp>
#include <cmath>

#include "daemon/config/yaml.h"
#include "unit/daemon/temporary_folder.h"

using namespace outrider;
using namespace outrider::rules::testing;
using namespace std::chrono_literals;

namespace {

struct Read {
    UnitTestFile file;
    std::vector<std::string> problems;
};

Read read(const std::string& text) {
    const app::TemporaryFolder folder;
    const auto path = folder.write("t", text);
    Problems problems;
    const auto documents = app::load_yaml_documents(path, 2, problems);
    Read out{read_unit_test_file(documents, problems), {}};
    for (const auto& problem : problems) out.problems.push_back(problem.to_string().substr(path.size() + 1));
    return out;
}

}  // namespace

TEST_CASE("test file: everything that promtool's format has is read", "[daemon][testing]") {
    const auto got = read(R"(
rule_files: [a.yml, "b*.yml"]
evaluation_interval: 30s
group_eval_order: [second, first]
fuzzy_compare: true
tests:
  - name: outage
    interval: 10s
    start_timestamp: 2021-01-01T00:00:00Z
    external_labels: {region: eu}
    external_url: http://x/
    input_series:
      - series: 'm{a="b"}'
        values: 1+1x2 _ stale
    alert_rule_test:
      - eval_time: 1m
        alertname: A
        exp_alerts:
          - exp_labels: {a: b, n: 1}
            exp_annotations: {text: "x y"}
      - alertname: B
    promql_expr_test:
      - expr: sum(m)
        eval_time: 20s
        exp_samples:
          - {labels: '{}', value: 3}
          - {labels: 'm{a="c"}', value: -.inf}
          - {labels: '{x="y"}', value: .NaN}
)");
    CHECK(got.problems.empty());
    const auto& file = got.file;
    REQUIRE(file.rule_files.size() == 2);
    CHECK(file.rule_files[1].first == "b*.yml");
    CHECK(file.evaluation_interval == 30s);
    CHECK(file.group_eval_order == std::vector<std::string>{"second", "first"});
    CHECK(file.fuzzy_compare);
    REQUIRE(file.tests.size() == 1);
    const auto& test = file.tests[0];
    CHECK(test.name == "outage");
    CHECK(test.interval == 10s);
    CHECK(test.start == Instant{1'609'459'200s});
    CHECK(test.external_labels == Labels{{"region", "eu"}});
    CHECK(test.external_url == "http://x/");
    REQUIRE(test.series.size() == 1);
    CHECK(test.series[0].values.points.size() == 5);
    REQUIRE(test.alert_tests.size() == 2);
    CHECK(test.alert_tests[0].eval_time == 1min);
    REQUIRE(test.alert_tests[0].expected.size() == 1);
    CHECK(test.alert_tests[0].expected[0].labels == Labels{{"alertname", "A"}, {"a", "b"}, {"n", "1"}});
    CHECK(test.alert_tests[1].expected.empty());
    REQUIRE(test.expression_tests.size() == 1);
    REQUIRE(test.expression_tests[0].expected.size() == 3);
    CHECK(test.expression_tests[0].expected[1].value == -INFINITY);
    CHECK(std::isnan(test.expression_tests[0].expected[2].value));
}

TEST_CASE("test file: what is left out has promtool's defaults", "[daemon][testing]") {
    const auto got = read("tests:\n  - input_series:\n      - {series: m, values: 1}\n");
    CHECK(got.problems.empty());
    CHECK(got.file.evaluation_interval == 1min);
    REQUIRE(got.file.tests.size() == 1);
    CHECK(got.file.tests[0].interval == 1min);
    CHECK(got.file.tests[0].start == Instant{});
    CHECK_FALSE(got.file.fuzzy_compare);
}

TEST_CASE("test file: the second document adds to the tests of the first by name", "[daemon][testing]") {
    const auto got = read(
        "tests:\n  - name: a\n  - name: b\n---\n"
        "tests:\n  - name: b\n    alert_state_test:\n"
        "      - {eval_time: 1m, alertname: A, exp_alerts: [{state: pending, exp_labels: {x: y}}]}\n");
    CHECK(got.problems.empty());
    CHECK(got.file.tests[0].alert_tests.empty());
    REQUIRE(got.file.tests[1].alert_tests.size() == 1);
    const auto& test = got.file.tests[1].alert_tests[0];
    CHECK(test.with_pending);
    REQUIRE(test.expected.size() == 1);
    CHECK(test.expected[0].state == AlertState::pending);
}

TEST_CASE("test file: every mistake is told at its place", "[daemon][testing]") {
    const auto [text, wanted] = GENERATE(table<std::string, std::string>({
        {"test: []", "1:1: unknown key \"test\" in a test file, did you mean \"tests\"?"},
        {"group_eval_order: [a, a]", "1:23: group_eval_order[1]: want each group once, got \"a\" again"},
        {"tests:\n  - input_series: [{series: m, values: 1 x}]", "2:42: values: want a number, _ or stale, got \"x\""},
        {"tests:\n  - input_series: [{values: 1}]", "2:20: series: missing; an input series needs it"},
        {"tests:\n  - alert_rule_test: [{eval_time: 1m}]", "2:23: alertname: missing; an alert rule test needs it"},
        {"tests:\n  - alert_rule_test: [{eval_time: 1, alertname: a}]",
         "2:35: eval_time: want a duration from 0s to 36500d, got \"1\""},
        {"tests:\n  - alert_rule_test: [{alertname: a, exp_alerts: [{state: firing}]}]",
         "2:52: unknown key \"state\" in an expected alert; known are: exp_labels, exp_annotations"},
        {"tests:\n  - start_timestamp: soon",
         "2:22: start_timestamp: want a moment such as 2026-03-01T07:00:00Z, or seconds since 1970, got \"soon\""},
        {"tests:\n  - promql_expr_test: [{expr: m, exp_samples: [{labels: m, value: many}]}]",
         "2:67: value: want a number, got \"many\""},
        {"evaluation_interval: 1ms\ntests:\n  - alert_rule_test: [{alertname: a, eval_time: 1h}]",
         "3:23: eval_time: want at most 1000000 evaluation intervals, got more"},
        {"tests: [{name: a}]\n---\ntests: [{name: b}]",
         "3:16: name: want the name of one test of the first document, got \"b\""},
        {"tests: [{name: a}, {name: a}]\n---\ntests: [{name: a}]",
         "3:16: name: want the name of one test of the first document, got \"a\""},
        {"tests: [{name: a}]\n---\ntests: [{name: a, alert_state_test: [{alertname: x, exp_alerts: [{}]}]}]",
         "3:66: state: missing; an expected alert needs it"},
        {"tests: []\n---\ntests: []\n---\ntests: []", "4:1: want at most 2 YAML documents in a file, got more"},
    }));
    CAPTURE(text);
    const auto got = read(text);
    REQUIRE(got.problems.size() == 1);
    CHECK(got.problems[0] == wanted);
}

TEST_CASE("test file: a mistake in an expression is told where the expression has it", "[daemon][testing]") {
    const auto got = read("tests:\n  - promql_expr_test: [{expr: sum(m, eval_time: 1m}]");
    REQUIRE_FALSE(got.problems.empty());
    CHECK(got.problems[0].starts_with("2:"));
    CHECK(got.problems[0].find("expr: ") != std::string::npos);
}
