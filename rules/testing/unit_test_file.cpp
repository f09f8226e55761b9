#include "rules/testing/unit_test_file.h"

#include <algorithm>
#include <array>
#include <optional>
#include <variant>

#include "outrider/settings_reader.h"
#include "rules/gotext/number.h"
#include "rules/promql/parser.h"
#include "rules/testing/start_timestamp.h"

namespace outrider::rules::testing {
namespace {

using namespace std::chrono_literals;

constexpr Duration kLongest = 876'000h;  // a hundred years
constexpr std::array<std::pair<std::string_view, AlertState>, 2> kStates{
    {{"pending", AlertState::pending}, {"firing", AlertState::firing}}};

Labels read_series_labels(const SettingValue& value) {
    const auto text = value.text();
    if (!text) return {};
    auto parsed = promql::parse_series(*text);
    if (auto* labels = std::get_if<Labels>(&parsed)) return std::move(*labels);
    const auto& error = std::get<promql::ParseError>(parsed);
    value.report_inside(error.offset, error.message);
    return {};
}

/// A duration that may be left out, then nothing: `0s` is the same as none, as in promtool.
std::optional<Duration> read_duration(const SettingValue& value) {
    const auto found = value.duration(0s, kLongest);
    return found && *found > 0s ? found : std::nullopt;
}

TestSeries read_series(const SettingValue& item, Duration interval) {
    SettingsReader reader{item, "an input series"};
    TestSeries series;
    series.labels = read_series_labels(reader.required("series"));
    const auto values = reader.required("values");
    if (const auto text = values.text(SettingValue::may_be_empty)) {
        auto parsed = parse_values(*text);
        if (auto* good = std::get_if<Values>(&parsed)) {
            series.values = std::move(*good);
        } else {
            const auto& error = std::get<NotationError>(parsed);
            values.report_inside(error.offset, error.message);
        }
        const double length = seconds(interval) * static_cast<double>(series.values.points.size());
        if (length > seconds(kLongest)) values.report("want a series of at most a hundred years, got more");
    }
    reader.finish();
    return series;
}

AlertTest read_alert_test(const SettingValue& item, bool with_pending) {
    SettingsReader reader{item, with_pending ? "an alert state test" : "an alert rule test"};
    AlertTest test;
    test.at = reader.at();
    test.with_pending = with_pending;
    test.eval_time = read_duration(reader.optional("eval_time")).value_or(0s);
    test.alertname = reader.required("alertname").text().value_or("");
    for (const auto& alert : reader.optional("exp_alerts").list()) {
        SettingsReader one{alert, "an expected alert"};
        ExpectedAlert expected;
        if (with_pending) expected.state = one.required("state").one_of(kStates).value_or(AlertState::firing);
        expected.labels = one.optional("exp_labels").labels();
        expected.labels.set("alertname", test.alertname);
        expected.annotations = one.optional("exp_annotations").labels();
        one.finish();
        test.expected.push_back(std::move(expected));
    }
    reader.finish();
    return test;
}

/// A YAML number, or one as PromQL writes it.
double read_value(const SettingValue& value) {
    const auto text = value.text();
    if (!text) return 0;
    auto word = *text;
    const auto dot = word.find('.');
    const bool named =
        dot != std::string::npos && dot <= 1 && dot + 1 < word.size() && (word[dot + 1] < '0' || word[dot + 1] > '9');
    if (named) word.erase(dot, 1);  // .inf, -.inf, .nan
    if (const auto number = gotext::parse_number(word)) return *number;
    value.want("a number");
    return 0;
}

ExpressionTest read_expression_test(const SettingValue& item) {
    SettingsReader reader{item, "an expression test"};
    ExpressionTest test;
    test.at = reader.at();
    test.eval_time = read_duration(reader.optional("eval_time")).value_or(0s);
    const auto value = reader.required("expr");
    if (const auto text = value.text()) {
        test.text = *text;
        auto parsed = promql::parse(*text);
        if (auto* expr = std::get_if<promql::ExprPtr>(&parsed)) {
            test.expr = std::move(*expr);
        } else {
            auto& error = std::get<promql::ParseError>(parsed);
            if (error.unsupported.empty()) value.report_inside(error.offset, error.message);
            test.unsupported = std::move(error.unsupported);
        }
    }
    for (const auto& sample : reader.optional("exp_samples").list()) {
        SettingsReader one{sample, "an expected sample"};
        promql::Sample expected;
        expected.labels = read_series_labels(one.required("labels"));
        if (const auto number = one.optional("value"); number.present()) expected.value = read_value(number);
        if (!one.optional("histogram").text(SettingValue::may_be_empty).value_or("").empty())
            test.unsupported = "native histogram as a result";
        one.finish();
        test.expected.push_back(std::move(expected));
    }
    reader.finish();
    return test;
}

Instant read_start(const SettingValue& value) {
    const auto text = value.text();
    if (!text) return Instant{};
    if (const auto at = parse_start_timestamp(*text)) return *at;
    value.want("a moment such as 2026-03-01T07:00:00Z, or seconds since 1970");
    return Instant{};
}

void check_length(const AlertTest& test, const UnitTestFile& file, Problems& problems) {
    if (test.eval_time / file.evaluation_interval >= kMaxEvaluations)
        problems.push_back({test.at, "eval_time: want at most " + std::to_string(kMaxEvaluations) +
                                         " evaluation intervals, got more"});
}

TestGroup read_test(const SettingValue& item, const UnitTestFile& file) {
    SettingsReader reader{item, "a test"};
    TestGroup test;
    test.at = reader.at();
    test.name = reader.optional("name").text(SettingValue::may_be_empty).value_or("");
    test.interval = read_duration(reader.optional("interval")).value_or(file.evaluation_interval);
    test.start = read_start(reader.optional("start_timestamp"));
    for (const auto& series : reader.optional("input_series").list())
        test.series.push_back(read_series(series, test.interval));
    for (const auto& one : reader.optional("alert_rule_test").list()) {
        test.alert_tests.push_back(read_alert_test(one, false));
        check_length(test.alert_tests.back(), file, item.problems());
    }
    for (const auto& one : reader.optional("promql_expr_test").list()) {
        test.expression_tests.push_back(read_expression_test(one));
        if (test.expression_tests.back().eval_time / file.evaluation_interval >= kMaxEvaluations)
            one.report("eval_time: want at most " + std::to_string(kMaxEvaluations) +
                       " evaluation intervals, got more");
    }
    test.external_labels = reader.optional("external_labels").labels();
    test.external_url = reader.optional("external_url").text(SettingValue::may_be_empty).value_or("");
    reader.finish();
    return test;
}

/// The blocks that promtool does not know, in a document that it does not read.
void read_own_blocks(const Settings& root, UnitTestFile& file, Problems& problems) {
    SettingsReader reader{root, problems, "the second document of a test file"};
    for (const auto& item : reader.required("tests").list()) {
        SettingsReader one{item, "a test in the second document"};
        const auto name = one.required("name");
        const auto text = name.text();
        const auto same = [&](const TestGroup& test) { return text && test.name == *text; };
        const auto found = std::ranges::find_if(file.tests, same);
        if (text && std::ranges::count_if(file.tests, same) != 1)
            name.want("the name of one test of the first document");
        for (const auto& test : one.optional("alert_state_test").list()) {
            auto read = read_alert_test(test, true);
            check_length(read, file, problems);
            if (found != file.tests.end()) found->alert_tests.push_back(std::move(read));
        }
        one.finish();
    }
    reader.finish();
}

}  // namespace

UnitTestFile read_unit_test_file(std::span<const Settings> documents, Problems& problems) {
    UnitTestFile file;
    if (documents.empty()) return file;
    SettingsReader reader{documents[0], problems, "a test file"};
    for (const auto& pattern : reader.optional("rule_files").list())
        if (auto text = pattern.text()) file.rule_files.emplace_back(std::move(*text), pattern.at());
    file.evaluation_interval = read_duration(reader.optional("evaluation_interval")).value_or(1min);
    file.fuzzy_compare = reader.optional("fuzzy_compare").boolean().value_or(false);
    for (const auto& item : reader.optional("group_eval_order").list()) {
        auto name = item.text();
        if (!name) continue;
        if (std::ranges::find(file.group_eval_order, *name) != file.group_eval_order.end())
            item.report("want each group once, got " + as_written(*name) + " again");
        file.group_eval_order.push_back(std::move(*name));
    }
    for (const auto& test : reader.optional("tests").list()) file.tests.push_back(read_test(test, file));
    reader.finish();
    if (documents.size() > 1) read_own_blocks(documents[1], file, problems);
    return file;
}

}  // namespace outrider::rules::testing
