// `outrider test` as a whole: files in, exit code, report and JUnit out.
#include "daemon/commands/test.h"

#include <catch2/catch.hpp>
#include <fstream>
#include <sstream>

#include "daemon/commands/junit.h"
#include "unit/daemon/temporary_folder.h"

using namespace outrider;
using namespace outrider::app;

namespace {

struct Run {
    int code = 0;
    std::string out;
    std::string err;
};

Run run(std::vector<std::string> files, bool promql, std::string junit = {}) {
    std::ostringstream out;
    std::ostringstream err;
    const int code = test({.files = std::move(files), .promql = promql, .junit = std::move(junit)}, out, err);
    return {code, out.str(), err.str()};
}

std::string text_of(const std::string& path) {
    std::ostringstream text;
    text << std::ifstream{path}.rdbuf();
    return text.str();
}

}  // namespace

TEST_CASE("test --promql: the report ends with the sum, the unsupported above it, the failures above them",
          "[daemon][testing]") {
    const TemporaryFolder folder;
    const auto path = folder.write("s",
                                   "load 1m\n  m 1\n  h {{count:1}}\n\neval instant at 0 m\n  m 1\n\n"
                                   "eval instant at 0 m\n  m 2\n\neval instant at 0 h\n\neval instant at 0 h + 1\n");
    const auto got = run({path}, true);
    CHECK(got.code == 1);
    CHECK(got.err.empty());
    CHECK(got.out == "FAILED " + path +
                         ":8: eval instant at 0s m\n    expected (-), got (+):\n    - m 2\n    + m 1\n\n" + path +
                         ": 1 passed, 1 failed, 2 unsupported\n" +
                         "unsupported: 2 × native histogram series\n1 passed, 1 failed, 2 unsupported\n");
}

TEST_CASE("test --promql: what is unsupported does not fail, a file that is not there does", "[daemon][testing]") {
    const TemporaryFolder folder;
    const auto path = folder.write("s", "load 1m\n  h {{count:1}}\n\neval instant at 0 h\n");
    CHECK(run({path}, true).code == 0);
    const auto missing = run({path, folder / "none"}, true);
    CHECK(missing.code == 78);
    CHECK(missing.err == (folder / "none") + ": want a script, got no such file\n");
    CHECK(missing.out.ends_with("\n0 passed, 0 failed, 1 unsupported\n"));
}

TEST_CASE("test: rules are tested with the rule files that the test names", "[daemon][testing]") {
    const TemporaryFolder folder;
    (void)folder.write("rules.yml",
                       "groups:\n  - name: g\n    rules:\n      - {record: 'm:double', expr: m * 2}\n"
                       "      - {alert: High, expr: 'm:double > 3', for: 1m, annotations: {v: 'at {{ $value }}'}}\n");
    const std::string head =
        "rule_files: ['rul*.yml']\ntests:\n  - name: t\n    interval: 1m\n"
        "    input_series: [{series: 'm{a=\"b\"}', values: 1 2 3 0}]\n    alert_rule_test:\n";
    const auto good = folder.write(
        "good.yml", head +
                        "      - {eval_time: 1m, alertname: High}\n"
                        "      - eval_time: 2m\n        alertname: High\n"
                        "        exp_alerts: [{exp_labels: {a: b}, exp_annotations: {v: at 6}}]\n"
                        "      - {eval_time: 3m, alertname: High}\n"
                        "---\ntests:\n  - name: t\n    alert_state_test:\n"
                        "      - eval_time: 1m\n        alertname: High\n"
                        "        exp_alerts: [{state: pending, exp_labels: {a: b}, exp_annotations: {v: at 4}}]\n");
    const auto got = run({good}, false);
    CHECK(got.out == good + ": 4 passed, 0 failed, 0 unsupported\n4 passed, 0 failed, 0 unsupported\n");
    CHECK(got.code == 0);

    const auto wrong = folder.write("wrong.yml", head + "      - {eval_time: 2m, alertname: High}\n");
    const auto failed = run({good, wrong}, false, folder / "junit.xml");
    CHECK(failed.code == 1);
    CHECK(failed.out.starts_with("FAILED " + wrong +
                                 ":7:9: t: alert High at 2m\n    expected nothing, got (+):\n"
                                 "    + {a=\"b\", alertname=\"High\"} annotations {v=\"at 6\"}\n"));
    const auto junit = text_of(folder / "junit.xml");
    CHECK(junit.find("<testsuite name=\"" + wrong + "\" tests=\"1\" failures=\"1\" errors=\"0\" skipped=\"0\">") !=
          std::string::npos);
    CHECK(junit.find("expected nothing, got (+)") != std::string::npos);
}

TEST_CASE("test: a rule file is read once, however it is spelt", "[daemon][testing]") {
    const TemporaryFolder folder;
    const auto rules = folder.write("rules.yml", "groups:\n  - name: g\n    rules: [{alert: A, expr: m > 0}]\n");
    const auto path = folder.write("t.yml", "rule_files: [rules.yml, ./rules.yml, '*les.yml', " + rules +
                                                "]\ntests:\n  - interval: 1m\n"
                                                "    input_series: [{series: m, values: 1}]\n    alert_rule_test:\n"
                                                "      - {eval_time: 0m, alertname: A, exp_alerts: [{}]}\n");
    CHECK(run({path}, false).out.ends_with("\n1 passed, 0 failed, 0 unsupported\n"));
}

TEST_CASE("test: mistakes in test files and in rule files are all told, exit 78", "[daemon][testing]") {
    const TemporaryFolder folder;
    const auto rules =
        folder.write("rules.yml", "groups:\n  - name: g\n    rules:\n      - {alert: A, expr: 'sum('}\n");
    const auto path = folder.write("t.yml", "rule_files: [rules.yml, none.yml]\nbogus: 1\ntests: []\n");
    const auto got = run({path}, false, folder / "junit.xml");
    CHECK(got.code == 78);
    CHECK(got.err.find(path + ":2:1: unknown key \"bogus\"") != std::string::npos);
    CHECK(got.err.find(rules + ":4:") != std::string::npos);
    CHECK(got.err.find(path + ":1:25: warning: no file matches none.yml\n") != std::string::npos);
    CHECK(got.out == path + ": could not be tested\n0 passed, 0 failed, 0 unsupported\n");
    CHECK(text_of(folder / "junit.xml").find("errors=\"1\"") != std::string::npos);
}

TEST_CASE("test: results that cannot be written are exit 73", "[daemon][testing]") {
    const TemporaryFolder folder;
    const auto path = folder.write("t.yml", "tests: []\n");
    const auto got = run({path}, false, folder / "none/junit.xml");
    CHECK(got.code == 73);
    CHECK(got.err == (folder / "none/junit.xml") + ": cannot be written\n");
}

TEST_CASE("junit: texts are escaped, and what XML cannot say is a question mark", "[daemon][testing]") {
    using rules::testing::Verdict;
    const auto text =
        junit_xml({{.file = "f<&\"",
                    .cases = {{.place = "f:1", .name = "a < b\x01", .verdict = Verdict::passed},
                              {.place = "f:2", .name = "b", .verdict = Verdict::failed, .details = "- <x>\n+ ]]>\n"},
                              {.place = "f:3", .name = "c", .verdict = Verdict::unsupported, .construct = "x"}},
                    .error = {}}});
    CHECK(text.find("<testsuite name=\"f&lt;&amp;&quot;\" tests=\"3\" failures=\"1\" errors=\"0\" skipped=\"1\">") !=
          std::string::npos);
    CHECK(text.find("name=\"f:1: a &lt; b?\"") != std::string::npos);
    CHECK(text.find("- &lt;x&gt;\n+ ]]&gt;\n") != std::string::npos);
    CHECK(text.find("<skipped message=\"unsupported: x\" />") != std::string::npos);
}
