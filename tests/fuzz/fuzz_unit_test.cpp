// Any bytes as a file of rule unit tests, its second document, and the rules that it tests, cut at lines of `---`: read
// without crash, leak or undefined behaviour; every problem has a text, and what is right and short is run.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "daemon/config/yaml.h"
#include "rules/rule_file.h"
#include "rules/testing/group_runner.h"
#include "rules/testing/unit_test_runner.h"

using namespace outrider;

namespace {

void want(bool holds) {
    if (!holds) std::abort();
}

/// The text up to a line of `---`, which is taken off with it.
std::string_view take_document(std::string_view& text) {
    constexpr std::string_view cut = "\n---\n";
    const auto end = text.find(cut);
    const auto document = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + cut.size());
    return document;
}

/// How much there is to run: points, and evaluations of all rules.
std::int64_t work(const rules::testing::UnitTestFile& file) {
    std::int64_t sum = 0;
    for (const auto& test : file.tests) {
        for (const auto& series : test.series) sum += static_cast<std::int64_t>(series.values.points.size());
        Duration last{0};
        for (const auto& one : test.alert_tests) last = std::max(last, one.eval_time);
        for (const auto& one : test.expression_tests) last = std::max(last, one.eval_time);
        sum += last / file.evaluation_interval;
    }
    return sum;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    constexpr std::int64_t most_work = 1000;
    std::string_view text{reinterpret_cast<const char*>(data), size};
    Problems problems;
    const std::array<Settings, 2> documents{app::parse_yaml(take_document(text), "tests.yaml", problems),
                                            app::parse_yaml(take_document(text), "tests.yaml", problems)};
    const auto second = documents[1].kind == Settings::Kind::null ? 1U : 2U;
    const auto file = rules::testing::read_unit_test_file({documents.data(), second}, problems);
    std::vector<rules::RuleFile> rule_files;
    if (!text.empty())
        rule_files.push_back(rules::read_rule_file(app::parse_yaml(text, "rules.yaml", problems), problems));
    for (const auto& problem : problems)
        want(!problem.message.empty() && problem.to_string().find('\n') == std::string::npos);
    if (!problems.empty() || work(file) > most_work) return 0;
    const auto make_rules = rules::testing::group_runner(std::move(rule_files));
    for (const auto& one : rules::testing::run_unit_tests(file, make_rules)) {
        want(one.place.starts_with("tests.yaml:"));
        want((one.verdict == rules::testing::Verdict::failed) == !one.details.empty());
    }
    return 0;
}
