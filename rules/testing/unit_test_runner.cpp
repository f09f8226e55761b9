#include "rules/testing/unit_test_runner.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>
#include <tuple>
#include <utility>
#include <variant>

#include "outrider/time_text.h"
#include "rules/promql/plan.h"
#include "rules/testing/comparison.h"

namespace outrider::rules::testing {
namespace {

/// The points of a test's series, given to the store as time goes on.
class Feed {
public:
    Feed(const TestGroup& test, SeriesStore& store) : test_(test), store_(store) {
        // A series written twice counts as it was written last, as in promtool.
        std::set<Labels> seen;
        for (auto series = test.series.rbegin(); series != test.series.rend(); ++series)
            if (seen.insert(series->labels).second)
                sources_.push_back({.wanted = &*series, .series = store.open(series->labels)});
    }

    /// Appends what is not newer than `until`. False when the store refused something: a rule recorded into the series.
    [[nodiscard]] bool advance(Instant until) {
        bool good = true;
        for (auto& source : sources_) {
            const auto& points = source.wanted->values.points;
            for (; source.next < points.size(); ++source.next) {
                const Instant at = test_.start + test_.interval * static_cast<std::int64_t>(source.next);
                if (at > until) break;
                const auto& value = points[source.next];
                if (value) good = source.series && store_.append(*source.series, {.at = at, .value = *value}) && good;
            }
        }
        return good;
    }

private:
    struct Source {
        const TestSeries* wanted = nullptr;
        Series* series = nullptr;
        std::size_t next = 0;
    };
    const TestGroup& test_;
    SeriesStore& store_;
    std::vector<Source> sources_;
};

/// Pairs of equal things, each used once.
template <class A, class B, class Equal>
std::vector<std::pair<std::size_t, std::size_t>> pairs_of(const std::vector<A>& expected, const std::vector<B>& got,
                                                          Equal&& equal) {
    std::vector<std::pair<std::size_t, std::size_t>> pairs;
    std::vector<bool> used(got.size());
    for (std::size_t e = 0; e < expected.size(); ++e) {
        for (std::size_t g = 0; g < got.size(); ++g) {
            if (used[g] || !equal(expected[e], got[g])) continue;
            used[g] = true;
            pairs.emplace_back(e, g);
            break;
        }
    }
    return pairs;
}

Line line_of(const ExpectedAlert& alert, bool with_state) {
    std::string said = with_state ? std::string{to_string(alert.state)} + " " : "";
    return {alert.labels.to_string(), said + "annotations " + alert.annotations.to_string()};
}

std::optional<std::string> alerts_mismatch(const AlertTest& test, const std::vector<Alert>& active) {
    std::vector<ExpectedAlert> got;
    for (const auto& alert : active)
        if (alert.state == AlertState::firing || (test.with_pending && alert.state == AlertState::pending))
            got.push_back({.state = alert.state, .labels = alert.labels, .annotations = alert.annotations});
    const auto equal = [](const ExpectedAlert& a, const ExpectedAlert& b) {
        return std::tie(a.state, a.labels, a.annotations) == std::tie(b.state, b.labels, b.annotations);
    };
    const auto pairs = pairs_of(test.expected, got, equal);
    if (pairs.size() == test.expected.size() && pairs.size() == got.size()) return std::nullopt;
    std::vector<Line> expected_lines;
    std::vector<Line> got_lines;
    for (const auto& alert : test.expected) expected_lines.push_back(line_of(alert, test.with_pending));
    for (const auto& alert : got) got_lines.push_back(line_of(alert, test.with_pending));
    return difference(expected_lines, got_lines, pairs);
}

std::optional<std::string> samples_mismatch(const std::vector<promql::Sample>& expected,
                                            const std::vector<promql::Sample>& got, bool fuzzy) {
    const auto pairs = pairs_of(expected, got, [fuzzy](const promql::Sample& a, const promql::Sample& b) {
        return a.labels == b.labels && same_value(a.value, b.value, fuzzy);
    });
    if (pairs.size() == expected.size() && pairs.size() == got.size()) return std::nullopt;
    const auto lines = [](const std::vector<promql::Sample>& samples) {
        std::vector<Line> out;
        for (const auto& sample : samples) out.push_back({series_text(sample.labels), value_text(sample.value)});
        return out;
    };
    return difference(lines(expected), lines(got), pairs);
}

class GroupRun {
public:
    GroupRun(const UnitTestFile& file, const TestGroup& test, std::size_t number, const RuleRunnerFactory& make_rules)
        : file_(file),
          test_(test),
          prefix_(test.name.empty() ? fmt::format("test {}", number) : test.name),
          store_(SeriesStore::Keep::everything),
          rules_(make_rules(file, test, store_)) {}

    std::vector<CaseResult> run() {
        const bool histogram =
            std::ranges::any_of(test_.series, [](const auto& s) { return !s.values.histograms.empty(); });
        if (histogram) {
            // Rules may have looked at the series that is missing: nothing that they say can be trusted.
            refuse_all("native histogram series");
            return std::move(cases_);
        }
        for (const auto& test : test_.alert_tests) cases_.push_back(case_of(test));
        const auto trouble = evaluate_rules();
        for (const auto& test : test_.expression_tests) {
            cases_.push_back(case_of(test));
            if (trouble) {
                fail(cases_.back(), *trouble);
            } else if (!test.expr) {
                refuse(cases_.back(), test.unsupported);
            } else {
                check(test, cases_.back());
            }
        }
        return std::move(cases_);
    }

private:
    /// Evaluates the rules to the end, and checks alerts on the way. What went wrong with them, if anything did: then
    /// the tests not yet checked have failed.
    std::optional<std::string> evaluate_rules() {
        Feed feed{test_, store_};
        const auto last = last_eval_time();
        std::set<std::size_t> open;
        for (std::size_t i = 0; i < test_.alert_tests.size(); ++i) open.insert(i);
        for (Duration since{0}; since <= last; since += file_.evaluation_interval) {
            std::string trouble;
            if (!feed.advance(test_.start + since))
                trouble = "    a point of an input series is not newer than what a rule recorded into it\n";
            for (const auto& error : rules_->evaluate(test_.start + since))
                trouble += fmt::format("    at {}, rule {}\n", duration_text(since), error);
            if (!trouble.empty()) {
                for (const auto i : open) fail(cases_[i], trouble);
                return trouble;
            }
            for (auto next = open.begin(); next != open.end();) {
                const auto& test = test_.alert_tests[*next];
                if (test.eval_time >= since + file_.evaluation_interval) {
                    ++next;
                    continue;
                }
                if (auto wrong = alerts_mismatch(test, rules_->active(test.alertname))) fail(cases_[*next], *wrong);
                next = open.erase(next);
            }
        }
        return std::nullopt;
    }

    void check(const ExpressionTest& test, CaseResult& result) {
        promql::Plan plan{*test.expr, store_, {.subquery_step = file_.evaluation_interval}};
        const auto value = plan.evaluate(test_.start + test.eval_time);
        if (!value) return fail(result, fmt::format("    expected a result, got the error: {}\n", value.error().text));
        std::vector<promql::Sample> got;
        if (const auto* scalar = std::get_if<double>(&*value)) {
            got.push_back({.labels = {}, .value = *scalar});
        } else if (const auto* samples = std::get_if<std::vector<promql::Sample>>(&*value)) {
            got = *samples;
        } else {
            return fail(result, fmt::format("    expected a scalar or an instant vector, got a {}\n",
                                            promql::to_string(plan.type())));
        }
        if (const auto wrong = samples_mismatch(test.expected, got, file_.fuzzy_compare)) fail(result, *wrong);
    }

    [[nodiscard]] Duration last_eval_time() const {
        Duration last{0};
        for (const auto& test : test_.alert_tests) last = std::max(last, test.eval_time);
        for (const auto& test : test_.expression_tests) last = std::max(last, test.eval_time);
        return last;
    }

    [[nodiscard]] CaseResult case_of(const AlertTest& test) const {
        return {.place = test.at.to_string(),
                .name = fmt::format("{}: {} {} at {}", prefix_, test.with_pending ? "states of alert" : "alert",
                                    test.alertname, duration_text(test.eval_time))};
    }
    [[nodiscard]] CaseResult case_of(const ExpressionTest& test) const {
        return {.place = test.at.to_string(),
                .name = fmt::format("{}: {} at {}", prefix_, test.text, duration_text(test.eval_time))};
    }

    void refuse_all(const std::string& construct) {
        for (const auto& test : test_.alert_tests) refuse(cases_.emplace_back(case_of(test)), construct);
        for (const auto& test : test_.expression_tests) refuse(cases_.emplace_back(case_of(test)), construct);
    }
    static void refuse(CaseResult& result, const std::string& construct) {
        result.verdict = Verdict::unsupported;
        result.construct = construct;
    }
    static void fail(CaseResult& result, const std::string& details) {
        result.verdict = Verdict::failed;
        result.details = details;
    }

    const UnitTestFile& file_;
    const TestGroup& test_;
    std::string prefix_;
    SeriesStore store_;
    std::unique_ptr<RuleRunner> rules_;  // over store_
    std::vector<CaseResult> cases_;
};

}  // namespace

std::vector<CaseResult> run_unit_tests(const UnitTestFile& file, const RuleRunnerFactory& make_rules) {
    std::vector<CaseResult> cases;
    for (std::size_t i = 0; i < file.tests.size(); ++i) {
        auto of_one = GroupRun{file, file.tests[i], i + 1, make_rules}.run();
        std::ranges::move(of_one, std::back_inserter(cases));
    }
    return cases;
}

}  // namespace outrider::rules::testing
