// Unit tests of rules: what a test sees of the rules and when, with rules that say what the test wants them to.
#include <catch2/catch.hpp>
#include <cmath>
#include <utility>

#include "rules/promql/parser.h"
#include "rules/testing/start_timestamp.h"
#include "rules/testing/unit_test_runner.h"

using namespace outrider;
using namespace outrider::rules;
using namespace outrider::rules::testing;
using namespace std::chrono_literals;

namespace {

const Labels kA{{"alertname", "A"}, {"pop", "x"}};

/// Says that alert A is pending from 1m on and firing from 3m on, and records the minute of each evaluation.
class FakeRules final : public RuleRunner {
public:
    FakeRules(SeriesStore& store, Duration broken_at)
        : store_(store), recorded_(store.open(Labels{{"__name__", "recorded"}})), broken_at_(broken_at) {}

    std::vector<std::string> evaluate(Instant at) override {
        now_ = at.time_since_epoch();
        (void)store_.append(*recorded_, {.at = at, .value = seconds(now_) / 60});
        if (now_ == broken_at_) return {"B: it broke"};
        return {};
    }
    [[nodiscard]] std::vector<Alert> active(std::string_view name) const override {
        if (name != "A" || now_ < 1min) return {};
        Alert alert;
        alert.labels = kA;
        alert.annotations = Labels{{"note", "n"}};
        alert.state = now_ < 3min ? AlertState::pending : AlertState::firing;
        return {alert};
    }

private:
    SeriesStore& store_;
    Series* recorded_;
    Duration broken_at_;
    Duration now_{};
};

RuleRunnerFactory fake(Duration broken_at = -1min) {
    return [broken_at](const UnitTestFile&, const TestGroup&, SeriesStore& store) {
        return std::make_unique<FakeRules>(store, broken_at);
    };
}

AlertTest alert_test(Duration at, std::vector<ExpectedAlert> expected, bool with_pending = false) {
    return {.at = {}, .eval_time = at, .alertname = "A", .with_pending = with_pending, .expected = std::move(expected)};
}

ExpressionTest expression(Duration at, const std::string& text, std::vector<promql::Sample> expected) {
    auto parsed = promql::parse(text);
    REQUIRE(std::holds_alternative<promql::ExprPtr>(parsed));
    return {.at = {},
            .eval_time = at,
            .text = text,
            .expr = std::get<promql::ExprPtr>(std::move(parsed)),
            .unsupported = {},
            .expected = std::move(expected)};
}

UnitTestFile file_of(TestGroup test) {
    UnitTestFile file;
    file.tests.push_back(std::move(test));
    return file;
}

const ExpectedAlert kFiring{.state = AlertState::firing, .labels = kA, .annotations = Labels{{"note", "n"}}};
const ExpectedAlert kPending{.state = AlertState::pending, .labels = kA, .annotations = Labels{{"note", "n"}}};

}  // namespace

TEST_CASE("unit test: an alert test sees the evaluation at or before its time, firing alerts alone",
          "[rules][testing]") {
    TestGroup test;
    test.interval = 1min;
    test.alert_tests.push_back(alert_test(0s, {}));
    test.alert_tests.push_back(alert_test(2min, {}));  // pending does not count
    test.alert_tests.push_back(alert_test(179s, {}));  // the evaluation at 2m
    test.alert_tests.push_back(alert_test(3min, {kFiring}));
    test.alert_tests.push_back(alert_test(4min, {}));         // wrong
    test.alert_tests.push_back(alert_test(1min, {kFiring}));  // wrong, and checked out of its order
    const auto cases = run_unit_tests(file_of(std::move(test)), fake());
    REQUIRE(cases.size() == 6);
    for (std::size_t i = 0; i < 4; ++i) CHECK(cases[i].verdict == Verdict::passed);
    CHECK(cases[3].name == "test 1: alert A at 3m");
    CHECK(cases[4].verdict == Verdict::failed);
    CHECK(cases[4].details ==
          "    expected nothing, got (+):\n    + {alertname=\"A\", pop=\"x\"} annotations {note=\"n\"}\n");
    CHECK(cases[5].verdict == Verdict::failed);
    CHECK(cases[5].details ==
          "    expected (-), got nothing:\n    - {alertname=\"A\", pop=\"x\"} annotations {note=\"n\"}\n");
}

TEST_CASE("unit test: a state test sees pending alerts too, and tells them from firing ones", "[rules][testing]") {
    TestGroup test;
    test.name = "t";
    test.interval = 1min;
    test.alert_tests.push_back(alert_test(0s, {}, true));
    test.alert_tests.push_back(alert_test(1min, {kPending}, true));
    test.alert_tests.push_back(alert_test(3min, {kFiring}, true));
    test.alert_tests.push_back(alert_test(2min, {kFiring}, true));  // wrong
    const auto cases = run_unit_tests(file_of(std::move(test)), fake());
    REQUIRE(cases.size() == 4);
    for (std::size_t i = 0; i < 3; ++i) CHECK(cases[i].verdict == Verdict::passed);
    CHECK(cases[3].name == "t: states of alert A at 2m");
    CHECK(cases[3].details ==
          "    expected (-), got (+):\n"
          "    - {alertname=\"A\", pop=\"x\"} firing annotations {note=\"n\"}\n"
          "    + {alertname=\"A\", pop=\"x\"} pending annotations {note=\"n\"}\n");
}

TEST_CASE("unit test: alerts differ when their annotations do", "[rules][testing]") {
    auto other = kFiring;
    other.annotations = {};
    TestGroup test;
    test.interval = 1min;
    test.alert_tests.push_back(alert_test(3min, {other}));
    test.alert_tests.push_back(alert_test(3min, {kFiring, kFiring}));  // one is there, not two
    for (const auto& one : run_unit_tests(file_of(std::move(test)), fake())) CHECK(one.verdict == Verdict::failed);
}

TEST_CASE("unit test: expressions see what was fed and recorded until the last evaluation", "[rules][testing]") {
    // Points every 30 s, evaluations every minute until the last eval_time, 150 s: the point at 150 s never comes.
    TestGroup test;
    test.interval = 30s;
    test.series.push_back(std::get<TestSeries>(parse_test_series("m 0+1x20")));
    test.series.push_back(std::get<TestSeries>(parse_test_series("twice 1x20")));
    test.series.push_back(std::get<TestSeries>(parse_test_series("twice 2x20")));
    test.expression_tests.push_back(expression(150s, "m", {{Labels{{"__name__", "m"}}, 4}}));
    test.expression_tests.push_back(expression(150s, "timestamp(m)", {{Labels{}, 120}}));
    test.expression_tests.push_back(expression(150s, "recorded", {{Labels{{"__name__", "recorded"}}, 2}}));
    test.expression_tests.push_back(expression(60s, "m", {{Labels{{"__name__", "m"}}, 2}}));
    test.expression_tests.push_back(expression(150s, "twice", {{Labels{{"__name__", "twice"}}, 2}}));
    test.expression_tests.push_back(expression(150s, "1 + 1", {{Labels{}, 2}}));
    test.expression_tests.push_back(expression(150s, "m * 0 / 0", {{Labels{}, std::nan("")}}));
    test.expression_tests.push_back(expression(150s, "m", {{Labels{{"__name__", "m"}}, 5}}));  // wrong
    test.expression_tests.push_back(expression(150s, "\"x\"", {}));                            // wrong
    const auto cases = run_unit_tests(file_of(std::move(test)), fake());
    REQUIRE(cases.size() == 9);
    for (std::size_t i = 0; i < 7; ++i) {
        CAPTURE(cases[i].name, cases[i].details);
        CHECK(cases[i].verdict == Verdict::passed);
    }
    CHECK(cases[7].name == "test 1: m at 2m30s");
    CHECK(cases[7].details == "    expected (-), got (+):\n    - m 5\n    + m 4\n");
    CHECK(cases[8].details == "    expected a scalar or an instant vector, got a string\n");
}

TEST_CASE("unit test: fuzzy_compare takes the neighbour of a number, else it must be the number", "[rules][testing]") {
    const double sum = 0.1 + 0.2;  // the neighbour of 0.3
    for (const bool fuzzy : {false, true}) {
        TestGroup test;
        test.interval = 1min;
        test.expression_tests.push_back(expression(0s, "0.1 + 0.2", {{Labels{}, 0.3}}));
        test.expression_tests.push_back(expression(0s, "0.1 + 0.2", {{Labels{}, sum}}));
        auto file = file_of(std::move(test));
        file.fuzzy_compare = fuzzy;
        const auto cases = run_unit_tests(file, fake());
        CHECK(cases[0].verdict == (fuzzy ? Verdict::passed : Verdict::failed));
        CHECK(cases[1].verdict == Verdict::passed);
    }
}

TEST_CASE("unit test: time begins at the start that the test gives", "[rules][testing]") {
    TestGroup test;
    test.interval = 1min;
    test.start = Instant{1'000'000s};
    test.series.push_back(std::get<TestSeries>(parse_test_series("m 1 2 3")));
    test.expression_tests.push_back(expression(1min, "m + time()", {{Labels{}, 1'000'062}}));
    const auto cases = run_unit_tests(file_of(std::move(test)), fake());
    CHECK(cases[0].details.empty());
    CHECK(cases[0].verdict == Verdict::passed);
}

TEST_CASE("unit test: a rule that fails ends the test, and what was not checked has failed", "[rules][testing]") {
    TestGroup test;
    test.interval = 1min;
    test.alert_tests.push_back(alert_test(1min, {}));
    test.alert_tests.push_back(alert_test(3min, {kFiring}));
    test.expression_tests.push_back(expression(0s, "1", {{Labels{}, 1}}));
    const auto cases = run_unit_tests(file_of(std::move(test)), fake(2min));
    REQUIRE(cases.size() == 3);
    CHECK(cases[0].verdict == Verdict::passed);
    for (std::size_t i = 1; i < 3; ++i) {
        CHECK(cases[i].verdict == Verdict::failed);
        CHECK(cases[i].details == "    at 2m, rule B: it broke\n");
    }
}

TEST_CASE("unit test: with a native histogram among its series nothing of a test is believed", "[rules][testing]") {
    TestGroup test;
    test.interval = 1min;
    test.series.push_back(std::get<TestSeries>(parse_test_series("h {{count:1}}x5")));
    test.alert_tests.push_back(alert_test(0s, {}));
    test.expression_tests.push_back(expression(0s, "1", {{Labels{}, 1}}));
    const auto cases = run_unit_tests(file_of(std::move(test)), fake());
    REQUIRE(cases.size() == 2);
    for (const auto& one : cases) {
        CHECK(one.verdict == Verdict::unsupported);
        CHECK(one.construct == "native histogram series");
    }
}

TEST_CASE("start_timestamp: RFC 3339 or seconds since 1970", "[rules][testing]") {
    CHECK(parse_start_timestamp("0") == Instant{0s});
    CHECK(parse_start_timestamp("1609459200.5") == Instant{1'609'459'200'500ms});
    CHECK(parse_start_timestamp("2021-01-01T00:00:00Z") == Instant{1'609'459'200s});
    CHECK(parse_start_timestamp("2021-01-01T01:30:00.25+01:30") == Instant{1'609'459'200'250ms});
    CHECK(parse_start_timestamp("2020-12-31T23:00:00-01:00") == Instant{1'609'459'200s});
    for (const auto* text : {"", "soon", "2021-01-01", "2021-02-30T00:00:00Z", "2021-01-01T24:00:00Z",
                             "2021-01-01T00:00:00", "2021-01-01T00:00:00.Z", "1e300", "NaN", "9999-01-01T00:00:00Z"})
        CHECK_FALSE(parse_start_timestamp(text).has_value());
}
