// Rule files: Prometheus's format from YAML text to rules, and every way to get it wrong.
#include "rules/rule_file.h"

#include <array>
#include <catch2/catch.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/config/yaml.h"

using namespace outrider;
using namespace outrider::rules;
using namespace std::chrono_literals;

namespace {

std::vector<std::string> problems_of(std::string_view text) {
    Problems problems;
    (void)read_rule_file(app::parse_yaml(text, "r", problems), problems);
    sort_by_place(problems);
    std::vector<std::string> texts;
    for (const auto& problem : problems) texts.push_back(problem.to_string());
    return texts;
}

RuleFile good(std::string_view text) {
    Problems problems;
    auto file = read_rule_file(app::parse_yaml(text, "r", problems), problems);
    for (const auto& problem : problems) UNSCOPED_INFO(problem.to_string());
    REQUIRE(problems.empty());
    return file;
}

/// Of a rule given as a flow map.
std::vector<std::string> rule_problems(const std::string& rule) {
    return problems_of("groups:\n- name: g\n  rules:\n  - {" + rule + "}\n");
}

}  // namespace

TEST_CASE("rule file: a duration that cannot be is refused where it stands", "[daemon][rules]") {
    const auto expr_problems = [](const std::string& expr) {
        return problems_of("groups:\n- name: g\n  rules:\n  - alert: A\n    expr: " + expr + "\n");
    };
    using All = std::vector<std::string>;
    CHECK(expr_problems("rate(m[5m - 2 * 3m]) > 1") == All{"r:5:18: expr: duration must be greater than 0"});
    CHECK(expr_problems("rate(m[step()]) > 1") ==
          All{"r:5:18: expr: duration must be greater than 0 (step() and range() are 0 in a rule)"});
    CHECK(expr_problems("m offset (1m / (2 - 2))") == All{"r:5:21: expr: division by zero"});
    CHECK(expr_problems("rate(m[max_of(step(), 2m)]) > 1").empty());
}

TEST_CASE("rule file: every key of Prometheus's format is read, and ours", "[daemon][rules]") {
    const auto file = good(R"yaml(
groups:
  - name: fast
    interval: 100ms
    query_offset: 1s
    limit: 7
    labels: {team: live, severity: info}
    rules:
      - record: pop:lag:max
        expr: max by(pop)(lag)
        labels: {severity: none}
      - alert: Late
        expr: pop:lag:max > 2.5
        resolve_expr: pop:lag:max < 1
        for: 1m30s
        keep_firing_for: 200ms
        on_no_data: fire
        labels: {severity: "{{ $value }}"}
        annotations: {summary: late, description: "{{ $labels.pop }}", empty: }
  - name: slow
    rules:
      - {alert: Always, expr: 1}
  - name: empty
    interval: 0s
)yaml");
    REQUIRE(file.groups.size() == 3);
    const auto& fast = file.groups[0];
    CHECK(fast.file == "r");
    CHECK(fast.interval == 100ms);
    CHECK(fast.interval_given);
    CHECK(fast.query_offset == 1s);
    CHECK(fast.limit == 7);
    REQUIRE(fast.rules.size() == 2);
    const auto& recording = std::get<RecordingRule>(fast.rules[0]);
    CHECK(recording.name == "pop:lag:max");
    CHECK(recording.expr.text == "max by (pop) (lag)");
    CHECK(recording.labels == std::vector<LabelText>{{"severity", "none"}, {"team", "live"}});
    const auto& alert = std::get<AlertRule>(fast.rules[1]);
    CHECK(alert.name == "Late");
    CHECK(alert.hold == 90s);
    CHECK(alert.keep_firing == 200ms);
    CHECK(alert.on_no_data == OnNoData::fire);
    CHECK(alert.on_no_data_given);
    CHECK(alert.resolve_expr.text == "pop:lag:max < 1");
    REQUIRE(alert.labels.size() == 2);
    CHECK(alert.labels[0].name == "severity");
    CHECK(alert.labels[0].text == "{{ $value }}");  // the rule's wins
    CHECK(alert.labels[1].name == "team");
    CHECK(alert.annotations.size() == 3);
    const auto& always = std::get<AlertRule>(file.groups[1].rules.at(0));
    CHECK(always.expr.text == "1");
    CHECK(always.on_no_data == OnNoData::hold);
    CHECK_FALSE(always.on_no_data_given);
    CHECK_FALSE(always.resolve_expr.tree);
    CHECK(file.groups[1].interval == kDefaultInterval);
    CHECK_FALSE(file.groups[1].interval_given);
    CHECK(file.groups[2].interval == kDefaultInterval);
    CHECK(file.groups[2].rules.empty());
}

TEST_CASE("rule file: what is wrong with a rule is told with its place", "[daemon][rules]") {
    using All = std::vector<std::string>;
    CHECK(rule_problems("expr: 1") == All{"r:4:5: alert: missing; an alerting rule needs it"});
    CHECK(rule_problems("alert: A, record: b, expr: 1") == All{"r:4:5: want either alert or record, got both"});
    CHECK(rule_problems("alert: A, expr: 'm[5m]'") ==
          All{"r:4:22: expr: want an instant vector or a scalar, got a range vector"});
    CHECK(rule_problems("alert: A, expr: '\"text\"'") ==
          All{"r:4:22: expr: want an instant vector or a scalar, got a string"});
    CHECK(rule_problems("alert: A, expr: 1, on_no_data: panic") ==
          All{"r:4:37: on_no_data: want one of hold, resolve, fire, got \"panic\""});
    CHECK(rule_problems("alert: A, expr: 1, for: -1s") == All{"r:4:30: for: want a duration such as 30s, got \"-1s\""});
    CHECK(rule_problems("record: 'a b', expr: 1") ==
          All{"r:4:14: record: want a metric's name such as pop:lag:max, got \"a b\""});
    CHECK(rule_problems("alert: A, expr: 1, labels: {__name__: x, 'a-b': y}") ==
          All{"r:4:44: __name__: is the metric's name, and not to be set",
              "r:4:54: a-b: want a name of letters, digits and _"});
    CHECK(rule_problems("record: a, expr: 1, annotations: {a: b}").size() == 1);
    CHECK(rule_problems("record: a, expr: 1, for: 1s").size() == 1);
    CHECK(rule_problems("record: a, expr: 1, keep_firing_for: 1s").size() == 1);
    CHECK(rule_problems("record: a, expr: 1, on_no_data: hold").size() == 1);
    CHECK(rule_problems("alert: A, expr: 1, annotations: {a: '{{ open'}").size() == 1);
}

TEST_CASE("rule file: a wrong expression is told at its character", "[daemon][rules]") {
    const auto plain = rule_problems("alert: A, expr: rate(m) > 1");
    REQUIRE(plain.size() == 1);
    CHECK_THAT(plain[0], Catch::StartsWith("r:4:27: expr: "));  // 22 is the r of rate, 27 its argument
    const auto block = problems_of("groups:\n- name: g\n  rules:\n  - alert: A\n    expr: |\n      a +\n      )\n");
    REQUIRE(block.size() == 1);
    CHECK_THAT(block[0], Catch::StartsWith("r:5:11: expr: line 2, column 1 of the text: "));
}

TEST_CASE("rule file: what is wrong with a group is told with its place", "[daemon][rules]") {
    CHECK(
        problems_of("groups:\n- {name: a, interval: 99ms, limit: -1, rules: []}\n- {name: a, partial: 1}\n") ==
        std::vector<std::string>{
            "r:2:23: interval: want a duration of at least 100ms, got \"99ms\"",
            "r:2:36: limit: want a whole number of at least 0, got \"-1\"",
            "r:3:10: name: want a name of its own, another group has \"a\"",
            "r:3:13: unknown key \"partial\" in a rule group; known are: name, interval, query_offset, limit, labels, "
            "rules"});
}

TEST_CASE("rule file: what is left empty is as good as not there", "[daemon][rules]") {
    CHECK(good("").groups.empty());
    CHECK(good("# nothing yet\n").groups.empty());
    CHECK(good("groups:\n").groups.empty());
    const auto file = good(
        "groups:\n- name: g\n  interval:\n  limit:\n  rules:\n"
        "  - {alert: A, expr: 1, for: , keep_firing_for: , labels: , annotations: }\n");
    CHECK(file.groups[0].interval == kDefaultInterval);
    CHECK(std::get<AlertRule>(file.groups[0].rules[0]).hold == 0s);
}

TEST_CASE("rule file: an empty label of a recording rule is kept, for it takes a label away", "[daemon][rules]") {
    const auto file = good(
        "groups:\n- name: g\n  labels: {a: '', b: x}\n  rules:\n"
        "  - {record: r, expr: m, labels: {b: ''}}\n");
    const auto& rule = std::get<RecordingRule>(file.groups[0].rules[0]);
    CHECK(rule.labels == std::vector<LabelText>{{"b", ""}, {"a", ""}});
}

TEST_CASE("rule file: what is wrong with a group's labels is said once", "[daemon][rules]") {
    CHECK(problems_of("groups:\n- name: g\n  labels: {a-b: x, __name__: y}\n  rules:\n"
                      "  - {record: r, expr: m}\n  - {alert: A, expr: m}\n") ==
          std::vector<std::string>{"r:3:17: a-b: want a name of letters, digits and _",
                                   "r:3:30: __name__: is the metric's name, and not to be set"});
}

TEST_CASE("rule file: detectors of one output in two files are refused together", "[daemon][rules]") {
    const auto text = "detectors: [{name: usual, kind: ewma, input: lag, floor: 1}]\n";
    Problems problems;
    const std::array files{read_rule_file(app::parse_yaml(text, "one", problems), problems),
                           read_rule_file(app::parse_yaml(text, "two", problems), problems)};
    CHECK(problems.empty());
    check_together({files.data(), 1}, problems);
    CHECK(problems.empty());
    check_together(files, problems);
    REQUIRE(problems.size() == 1);
    CHECK(problems[0].to_string() == "two:1:20: name: want a name of its own, another detector makes \"usual_mean\"");
}
