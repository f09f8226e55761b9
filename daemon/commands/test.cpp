#include "daemon/commands/test.h"

#include <sysexits.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <fstream>
#include <iterator>
#include <ostream>

#include "daemon/commands/junit.h"
#include "daemon/config/read_text.h"
#include "daemon/config/rule_files.h"
#include "daemon/config/yaml.h"
#include "rules/rule_file.h"
#include "rules/testing/group_runner.h"
#include "rules/testing/script_runner.h"
#include "rules/testing/unit_test_runner.h"

namespace outrider::app {
namespace {

using rules::testing::Verdict;

constexpr std::size_t kMaxScriptBytes = 16 * 1024 * 1024;

TestSuite run_script_file(const std::string& path) {
    TestSuite suite{.file = path, .cases = {}, .error = {}};
    const auto text = read_text(path, "a script", kMaxScriptBytes);
    if (!text) {
        suite.error = path + ": " + text.error().text + "\n";
    } else if (text->size() > kMaxScriptBytes) {
        suite.error = path + ": want at most " + std::to_string(kMaxScriptBytes >> 20U) + " MiB, got more\n";
    } else {
        suite.cases = rules::testing::run_script(*text, path);
    }
    return suite;
}

/// The rule files that a test names, each once. As in promtool, a pattern that matches nothing is only a warning.
std::vector<rules::RuleFile> load_rules(const std::string& path, const rules::testing::UnitTestFile& file,
                                        Problems& problems, std::ostream& err) {
    RuleFileReader reader{path};
    std::vector<rules::RuleFile> loaded;
    for (const auto& [pattern, at] : file.rule_files) {
        auto files = reader.read(pattern, problems);
        if (!files) err << at.to_string() << ": warning: no file matches " << pattern << '\n';
        if (files) std::ranges::move(*files, std::back_inserter(loaded));
    }
    rules::check_together(loaded, problems);
    return loaded;
}

TestSuite run_unit_test_file(const std::string& path, std::ostream& err) {
    TestSuite suite{.file = path, .cases = {}, .error = {}};
    Problems problems;
    const auto documents = load_yaml_documents(path, 2, problems);
    const auto file = rules::testing::read_unit_test_file(documents, problems);
    auto rule_files = load_rules(path, file, problems, err);
    sort_by_place(problems);
    for (const auto& problem : problems) suite.error += problem.to_string() + "\n";
    if (problems.empty())
        suite.cases = rules::testing::run_unit_tests(file, rules::testing::group_runner(std::move(rule_files)));
    return suite;
}

std::string counts(const rules::testing::Tally& sum) {
    return std::to_string(sum.passed) + " passed, " + std::to_string(sum.failed) + " failed, " +
           std::to_string(sum.unsupported) + " unsupported";
}

/// Failures, what each file came to, what is unsupported, and the sum.
void print(const std::vector<TestSuite>& suites, const rules::testing::Tally& sum, std::ostream& out) {
    for (const auto& suite : suites)
        for (const auto& one : suite.cases)
            if (one.verdict == Verdict::failed)
                out << "FAILED " << one.place << ": " << one.name << '\n' << one.details << '\n';
    for (const auto& suite : suites)
        out << suite.file << ": "
            << (suite.error.empty() ? counts(rules::testing::tally(suite.cases)) : "could not be tested") << '\n';
    for (const auto& [construct, count] : sum.constructs) out << "unsupported: " << count << " × " << construct << '\n';
    out << counts(sum) << '\n';
}

}  // namespace

CLI::App* add_test_command(CLI::App& app, TestOptions& options) {
    auto* command = app.add_subcommand(
        "test", "unit tests of rules in promtool's file format: exit 0 when all passed, 1 when not, 78 for bad files");
    command->add_option("FILE", options.files, "test files; with --promql scripts")->required();
    command->add_flag("--promql", options.promql,
                      "the files are scripts in Prometheus's promqltest language: exit 0 when none failed");
    command->add_option("--junit", options.junit, "also write the results to this file, in JUnit's XML");
    return command;
}

int test(const TestOptions& options, std::ostream& out, std::ostream& err) {
    std::vector<TestSuite> suites;
    rules::testing::Tally sum;
    bool bad = false;
    for (const auto& path : options.files) {
        suites.push_back(options.promql ? run_script_file(path) : run_unit_test_file(path, err));
        const auto& suite = suites.back();
        const auto one = rules::testing::tally(suite.cases);
        sum.passed += one.passed;
        sum.failed += one.failed;
        sum.unsupported += one.unsupported;
        for (const auto& [construct, count] : one.constructs) sum.constructs[construct] += count;
        bad = bad || !suite.error.empty();
        err << suite.error;
    }
    print(suites, sum, out);
    if (!options.junit.empty()) {
        std::ofstream file{options.junit, std::ios::binary};
        file << junit_xml(suites) << std::flush;
        if (!file) {
            err << options.junit << ": cannot be written\n";
            return EX_CANTCREAT;
        }
    }
    if (bad) return EX_CONFIG;
    return sum.failed > 0 || (!options.promql && sum.unsupported > 0) ? 1 : EX_OK;
}

}  // namespace outrider::app
