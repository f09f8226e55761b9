// Scripts in the promqltest language: how they are read, and that a wrong expectation fails.
#include <catch2/catch.hpp>

#include "rules/testing/case_result.h"
#include "rules/testing/script.h"
#include "rules/testing/script_runner.h"

using namespace outrider;
using namespace outrider::rules::testing;
using namespace std::chrono_literals;

namespace {

const std::string kLoad = "load 5m\n  m{a=\"x\"} 0+1x10\n  m{a=\"y\"} 0+2x10\n\n";

std::vector<CaseResult> run(const std::string& text) { return run_script(text, "f"); }

/// The verdict on one eval over the two series above: "passed", the details of a failure, or the construct.
std::string verdict_on(const std::string& eval) {
    const auto cases = run(kLoad + eval);
    REQUIRE(cases.size() == 1);
    CHECK(cases[0].place == "f:5");
    switch (cases[0].verdict) {
        case Verdict::passed: return "passed";
        case Verdict::failed: return cases[0].details;
        case Verdict::unsupported: break;
    }
    return "unsupported: " + cases[0].construct;
}

std::string problem_of(const std::string& text) {
    const auto commands = parse_script(text);
    REQUIRE_FALSE(commands.empty());
    const auto* bad = std::get_if<BadCommand>(&commands[0]);
    return bad != nullptr ? bad->message : "none";
}

}  // namespace

TEST_CASE("script: commands are read with all that belongs to them", "[rules][testing]") {
    const auto commands = parse_script(
        "# a comment\nclear\nload 5m\n  m{a=\"b\"} 1+1x2\n\n"
        "eval instant at 1h30m sum(m)\n  expect warn msg: oh no\n  expect no_info\n  {} 3\n# over\n\n"
        "eval range from 0 to 10m step 5m m * 2\n\tm 1 _ 2\n\n"
        "eval_ordered instant at 90 sort(m)\n\n"
        "eval instant at 0 \"x\"\n  expect string `x`\n\n"
        "eval instant at 1m m[1m]\n  expect range vector from 10s to 2m step 10s\n  m 1 2\n");
    REQUIRE(commands.size() == 7);
    CHECK(std::holds_alternative<Clear>(commands[0]));
    const auto& load = std::get<Load>(commands[1]);
    CHECK(load.line == 3);
    CHECK(load.step == 5min);
    REQUIRE(load.series.size() == 1);
    CHECK(load.series[0].values.points.size() == 3);

    const auto& instant = std::get<Eval>(commands[2]);
    CHECK(instant.line == 6);
    CHECK(instant.expr == "sum(m)");
    CHECK(instant.at == Instant{90min});
    REQUIRE(instant.warnings.size() == 1);
    CHECK(instant.warnings[0].fits("oh no"));
    CHECK_FALSE(instant.warnings[0].fits("oh no!"));
    CHECK(instant.no_info);
    CHECK(instant.series.size() == 1);

    const auto& range = std::get<Eval>(commands[3]);
    REQUIRE(range.range.has_value());
    CHECK(range.range->end == Instant{10min});
    CHECK(range.range->step == 5min);
    CHECK(std::get<Eval>(commands[4]).ordered);
    CHECK(std::get<Eval>(commands[4]).at == Instant{90s});
    CHECK(std::get<Eval>(commands[5]).string == "x");
    REQUIRE(std::get<Eval>(commands[6]).range_vector.has_value());
    CHECK(std::get<Eval>(commands[6]).at == Instant{2min});
}

TEST_CASE("script: what cannot be read is reported with its place, and reading goes on", "[rules][testing]") {
    const auto [text, wanted] = GENERATE(table<std::string, std::string>({
        {"lode 5m", "1:1: want load, clear or eval, got \"lode 5m\""},
        {"load five", "1:6: want a step such as 5m, got \"five\""},
        {"load 5m\n  m 1 x", "2:7: want a number, _ or stale, got \"x\""},
        {"eval now m", "1:6: want instant or range, got \"now\""},
        {"eval instant at noon m", "1:17: want a time such as 50m, got \"noon\""},
        {"eval instant 5m m", "1:14: want at, got \"5m\""},
        {"eval instant at 5m", "1:1: want an expression, got the end of the line"},
        {"eval range from 1m to 0 step 1m m", "1:30: want an end behind the start"},
        {"eval range from 0 to 1m step 0 m", "1:30: want a step such as 5m, got \"0\""},
        {"eval range from 0 to 1h step 1ms m", "1:30: want at most 1000000 steps, got more"},
        {"eval instant at 0 m\n  m 1 2", "2:3: want one value behind a series of an instant query"},
        {"eval range from 0 to 1m step 1m m\n  m 1 2 3", "2:3: want at most a value for each step of the query, got 3"},
        {"eval instant at 0 m\n  expect sunshine",
         "2:3: want expect and one of string, range vector, ordered, fail, warn, info, no_warn, no_info, got "
         "\"expect sunshine\""},
        {"eval instant at 0 m\n  expect fail because", "2:15: want msg: or regex: and a text, got \"because\""},
        {"eval instant at 0 m\n  expect fail regex: (", "2:22: want a regular expression, got \"(\""},
        {"eval instant at 0 m\n  expect fail\n  expect fail", "3:3: want one expect fail, got two"},
        {"eval instant at 0 m\n  expect warn\n  expect no_warn", "1:1: want expect warn or no_warn, got both"},
        {"eval instant at 0 m\n  expect string x", "2:17: want a string in quotes, got \"x\""},
        {"eval_fail instant at 0 m\n  expected_fail_regexp (", "2:24: want a regular expression, got \"(\""},
        {"eval instant at 0 m\n  expect no_warn because", "2:18: want msg: or regex: and a text, got \"because\""},
    }));
    CHECK(problem_of(text) == wanted);
    const auto cases = run(text + "\n\neval instant at 0 1\n  1\n");
    REQUIRE(cases.size() == 2);
    CHECK(cases[0].verdict == Verdict::failed);
    CHECK(cases[0].details == "    f:" + wanted + "\n");
    CHECK(cases[1].verdict == Verdict::passed);
}

TEST_CASE("script: behind a scalar, a wanted failure and clear the next command needs no empty line",
          "[rules][testing]") {
    const auto commands = parse_script(
        "eval instant at 0 1\n  1\neval_fail instant at 0 m + on() m\n  expected_fail_message many\n"
        "eval_fail instant at 0 m\n  expected_fail_regexp ma.y\nCLEAR all of it\nload 1m\n  m 1\n\n"
        "eval instant at 0 m\n  m 1\n  2\neval instant at 0 m\n  expect fail\n  expected_fail_message 1\n");
    REQUIRE(commands.size() == 7);
    CHECK(std::get<Eval>(commands[0]).scalar == 1);
    CHECK(std::get<Eval>(commands[1]).line == 3);
    CHECK(std::get<Eval>(commands[1]).fail->to_string() == "\"many\"");
    CHECK(std::get<Eval>(commands[2]).fail->to_string() == "/ma.y/");
    CHECK(std::holds_alternative<Clear>(commands[3]));
    CHECK(std::get<Load>(commands[4]).line == 8);
    CHECK(std::get<Eval>(commands[5]).scalar == 2);  // the last word counts
    CHECK(std::get<Eval>(commands[5]).series.empty());
    // Only of an eval_fail does the line say how it must fail; here it is a series.
    CHECK(std::get<Eval>(commands[6]).series.size() == 1);

    // What is behind a scalar belongs to no command.
    const auto cases = run("eval instant at 0 1\n  1\n  m 1\n\neval instant at 0 2\n  2\n");
    REQUIRE(cases.size() == 3);
    CHECK(cases[0].verdict == Verdict::passed);
    CHECK(cases[1].details == "    f:3:3: want load, clear or eval, got \"m 1\"\n");
    CHECK(cases[2].verdict == Verdict::passed);
}

TEST_CASE("script: a right expectation passes", "[rules][testing]") {
    const auto* const eval = GENERATE(
        "eval instant at 50m m\n  m{a=\"y\"} 20\n  m{a=\"x\"} 10", "eval instant at 50m sum(m)\n  {} 30.000001",
        "eval instant at 50m nothing", "eval instant at 50m 2 ^ 3\n  8", "eval instant at 50m \"\"",
        "eval instant at 50m m{a=\"x\"}\n  expect ordered msg: any\n  expect no_warn regex: .*\n  m{a=\"x\"} 10",
        "eval instant at 50m \"x\"\n  expect string 'x'",
        "eval range from 0 to 10m step 5m m{a=\"x\"}\n  m{a=\"x\"} 0 1 2",
        "eval range from -5m to 5m step 5m m{a=\"x\"}\n  m{a=\"x\"} _ 0 1",
        "eval range from 0 to 10m step 5m 1\n  {} 1 1 1",
        "eval instant at 50m sort_desc(m)\n  expect ordered\n  m{a=\"y\"} 20\n  m{a=\"x\"} 10",
        "eval_ordered instant at 50m sort(m)\n  m{a=\"x\"} 10\n  m{a=\"y\"} 20",
        "eval instant at 10m m{a=\"x\"}[10m]\n  expect range vector from 5m to 10m step 5m\n  m{a=\"x\"} 1 2",
        "eval instant at 50m m + on() m\n  expect fail", "eval_fail instant at 50m m + on() m",
        "eval instant at 50m m + on() m\n  expect fail regex: many-to-many",
        "eval_fail instant at 50m m + on() m\n  expected_fail_regexp many-to-many",
        "eval range from 0 to 5m step 5m m[5m]\n  expect fail msg: invalid expression type \"range vector\" for range "
        "query, must be Scalar or instant Vector");
    CAPTURE(eval);
    CHECK(verdict_on(eval) == "passed");
}

TEST_CASE("script: a wrong expectation fails and says how", "[rules][testing]") {
    CHECK(verdict_on("eval instant at 50m m\n  m{a=\"x\"} 10\n  m{a=\"y\"} 21\n  m{a=\"z\"} 1") ==
          "    expected (-), got (+):\n      m{a=\"x\"} 10\n    - m{a=\"y\"} 21\n    + m{a=\"y\"} 20\n"
          "    - m{a=\"z\"} 1\n");
    CHECK(verdict_on("eval instant at 50m m{a=\"x\"}") == "    expected nothing, got (+):\n    + m{a=\"x\"} 10\n");
    CHECK(verdict_on("eval instant at 50m nothing\n  {} 1") == "    expected (-), got nothing:\n    - {} 1\n");
    CHECK(verdict_on("eval range from 0 to 10m step 5m m{a=\"x\"}\n  m{a=\"x\"} 0 _ 2") ==
          "    expected (-), got (+):\n    - m{a=\"x\"} 0 _ 2\n    + m{a=\"x\"} 0 1 2\n");
    CHECK(verdict_on("eval instant at 50m sort_desc(m)\n  expect ordered\n  m{a=\"x\"} 10\n  m{a=\"y\"} 20") ==
          "    expected, in this order:\n      m{a=\"x\"} 10\n      m{a=\"y\"} 20\n"
          "    got:\n      m{a=\"y\"} 20\n      m{a=\"x\"} 10\n");
    CHECK(verdict_on("eval instant at 50m 8\n  9") == "    expected the scalar 9, got 8\n");
    CHECK(verdict_on("eval instant at 50m 8\n  {} 8") == "    expected an instant vector, got the scalar 8\n");
    CHECK(verdict_on("eval instant at 50m sum(m)\n  30") == "    expected the scalar 30, got an instant vector\n");
    CHECK(verdict_on("eval instant at 50m \"x\"\n  expect string \"y\"") ==
          "    expected the string \"y\", got the string \"x\"\n");
    CHECK(verdict_on("eval instant at 50m m\n  expect fail") ==
          "    expected an error that says anything, got a result\n");
    CHECK(verdict_on("eval instant at 50m m + on() m\n  expect fail msg: oh no")
              .starts_with("    expected the error \"oh no\"\n    got the error      \""));
    CHECK(verdict_on("eval instant at 50m m + on() m").starts_with("    expected a result, got the error: "));
    CHECK(verdict_on("eval instant at 50m m\n  expect warn\n  m{a=\"x\"} 10\n  m{a=\"y\"} 20") ==
          "    expected warning anything, got none\n");
    CHECK(verdict_on("eval_info instant at 50m m\n  m{a=\"x\"} 10\n  m{a=\"y\"} 20") ==
          "    expected some info, got none\n");
    CHECK(verdict_on("eval instant at 50m rate(m[10m])\n  expect no_info\n  {a=\"x\"} 1\n  {a=\"y\"} 1")
              .starts_with("    expected no info, got \"metric might not be a counter"));
    CHECK(verdict_on("eval instant at 50m sum(m").starts_with("    cannot be parsed, at byte "));
}

TEST_CASE("script: an annotation may be written with its prefix and its place", "[rules][testing]") {
    const std::string text = "metric might not be a counter, name does not end in _total/_sum/_count/_bucket: \"m\"";
    for (const auto& spelling : {text, "PromQL info: " + text, "PromQL info: " + text + " (1:6)"})
        CHECK(verdict_on("eval instant at 50m rate(m{a=\"x\"}[10m])\n  expect info msg: " + spelling +
                         "\n  {a=\"x\"} 0.0033333333333333335") == "passed");
    CHECK(verdict_on("eval instant at 50m rate(m{a=\"x\"}[10m])\n  expect info regex: ^PromQL.*counter"
                     "\n  {a=\"x\"} 0.0033333333333333335") == "passed");
    CHECK(verdict_on("eval instant at 50m rate(m{a=\"x\"}[10m])\n  expect info msg: other"
                     "\n  {a=\"x\"} 0.0033333333333333335")
              .starts_with("    expected info \"other\", got \"metric might"));
}

TEST_CASE("script: what needs native histograms is unsupported, never passed", "[rules][testing]") {
    const auto cases =
        run("load 5m\n  h{a=\"x\"} {{schema:0 count:1}}x5\n  h{a=\"y\"} 1x5\n  f 1x5\n\n"
            "load_with_nhcb 5m\n  c_bucket{le=\"1\"} 1x5\n  c_bucket{le=\"+Inf\"} 2x5\n\n"
            "eval instant at 5m h\n  h{a=\"y\"} 1\n\n"           // one of its series was left out
            "eval instant at 5m h{a=\"y\"}\n  h{a=\"y\"} 1\n\n"  // but this one was not
            "eval instant at 5m f\n  f {{count:1}}\n\n"          // a histogram is expected
            "eval instant at 5m sum(c)\n  expect fail\n\n"       // what load_with_nhcb would make
            "eval instant at 5m c_bucket{le=\"1\"}\n  c_bucket{le=\"1\"} 1\n\n"
            "clear\neval instant at 5m h\n");  // nothing is left out any more
    const auto sum = tally(cases);
    CHECK(sum.failed == 0);
    CHECK(sum.passed == 3);
    CHECK(sum.unsupported == 3);
    CHECK(sum.constructs == std::map<std::string, std::size_t>{{"load_with_nhcb", 1},
                                                               {"native histogram as a result", 1},
                                                               {"native histogram series", 1}});
}

namespace {

/// x: floats at 0, 1 and 2 min, histograms at 3 and 4, a float at 10. y: a float, a histogram, and then it is stale.
Verdict verdict_on_mixed(const std::string& eval) {
    const auto cases =
        run("load 1m\n  x 1 2 3 {{count:1}}x1 _x5 7\n  y 1 {{count:1}} stale\n\n"
            "load_with_nhcb 1m\n  c_bucket{le=\"+Inf\"} _x10 1 1\n\n" +
            eval);
    REQUIRE(cases.size() == 1);
    return cases[0].verdict;
}

}  // namespace

TEST_CASE("script: a series is unsupported only where a native histogram is looked at", "[rules][testing]") {
    const auto* const fine = GENERATE(
        "eval instant at 2m x\n  x 3", "eval instant at 10m x\n  x 7", "eval instant at 9m x",
        "eval instant at 10m sum_over_time(x[5m59s])\n  {} 7", "eval instant at 2m sum_over_time(x[5m])\n  {} 6",
        "eval range from 0 to 2m step 1m x\n  x 1 2 3", "eval instant at 10m x offset 8m\n  x 3",
        "eval instant at 10m x @ 120\n  x 3", "eval instant at 2m y", "eval instant at 9m c",
        "eval instant at 2m sum_over_time(x[1m:30s])\n  {} 5",
        "eval instant at 10m max_over_time(x[2m:1m] @ 120)\n  {} 3", "eval instant at 5m scalar(x offset 5m)\n  1");
    CAPTURE(fine);
    CHECK(verdict_on_mixed(fine) == Verdict::passed);
}

TEST_CASE("script: a series is unsupported wherever a native histogram may be looked at", "[rules][testing]") {
    const auto* const not_ours = GENERATE(
        "eval instant at 3m x", "eval instant at 8m59s x", "eval instant at 10m sum_over_time(x[6m1s])\n  {} 7",
        "eval range from 2m to 3m step 1m x\n  x 3 _", "eval instant at 2m x offset -1m", "eval instant at 0 x @ 180",
        "eval instant at 1m y", "eval instant at 10m c", "eval instant at 15m59s c",
        "eval instant at 10m max_over_time(x[2m:1m])\n  {} 7", "eval instant at 0 absent(x @ 200)",
        "eval instant at 0 topk(scalar(x @ 200), y)", "eval range from 0 to 10m step 10m x @ end() + x @ 180");
    CAPTURE(not_ours);
    CHECK(verdict_on_mixed(not_ours) == Verdict::unsupported);
}

TEST_CASE("script: start timestamps matter to what counts resets alone", "[rules][testing]") {
    const auto verdict = [](const std::string& load, const std::string& eval) {
        const auto cases = run("load 1m\n" + load + "\n" + eval);
        REQUIRE(cases.size() == 1);
        return cases[0].verdict;
    };
    const std::string one = "  x_total@st 0s 0s 0s\n  x_total 1 2 3\n  y_total 1 2 3\n";
    const std::string all = "  @st -30s\n  x_total 1 2 3\n";
    const std::string counting = GENERATE("rate(x_total[2m])", "increase(x_total[2m:1m])", "irate(x_total[2m])",
                                          "resets(x_total[2m])", "sum(rate(sum_over_time(x_total[1m])[2m:1m]))");
    CAPTURE(counting);
    CHECK(verdict(one, "eval instant at 2m " + counting) == Verdict::unsupported);
    CHECK(verdict(all, "eval instant at 2m " + counting) == Verdict::unsupported);
    CHECK(verdict(one, "eval instant at 2m x_total\n  x_total 3") == Verdict::passed);
    CHECK(verdict(all, "eval instant at 2m sum_over_time(x_total[5m]) + idelta(x_total[5m])\n  {} 7") ==
          Verdict::passed);
    CHECK(verdict(one, "eval instant at 2m irate(y_total[5m]) * 60\n  {} 1") == Verdict::passed);
}

TEST_CASE("script: loads add up, and a load that cannot be is a failed case", "[rules][testing]") {
    const auto cases =
        run("load 1m\n  m 1 2\n\nload 2m\n  m _ 5 6\n\neval instant at 2m m\n  m 5\n\nload 1m\n  m 9\n\n"
            "eval instant at 4m m\n  m 6\n");
    REQUIRE(cases.size() == 3);
    CHECK(cases[0].verdict == Verdict::passed);
    CHECK(cases[1].verdict == Verdict::failed);
    CHECK(cases[1].place == "f:10");
    CHECK(cases[1].details == "    want points newer than those there are, got 9 at 0s\n");
    CHECK(cases[2].verdict == Verdict::passed);
}

TEST_CASE("script: durations may be expressions of the query's step and range", "[rules][testing]") {
    // The series are 1 and 2 more every 5 minutes.
    for (const std::string eval : {
             "eval instant at 50m count_over_time(m[5m * 2])\n  {a=\"x\"} 2\n  {a=\"y\"} 2\n",
             "eval instant at 50m m offset (1h / 4)\n  m{a=\"x\"} 7\n  m{a=\"y\"} 14\n",
             "eval instant at 50m m{a=\"x\"} offset min_of(10m, 20m)\n  m{a=\"x\"} 8\n",
             "eval instant at 50m count_over_time(m{a=\"x\"}[20m + 10m:2 * 5m])\n  {a=\"x\"} 3\n",
             "eval instant at 50m count_over_time(m{a=\"x\"}[step() + 15m])\n  {a=\"x\"} 3\n",
             "eval range from 20m to 40m step 10m count_over_time(m{a=\"x\"}[step()])\n  {a=\"x\"} 2 2 2\n",
             "eval range from 20m to 40m step 10m max_over_time(m{a=\"y\"}[range()] @ end())\n  {a=\"y\"} 16 16 16\n",
             "eval range from 20m to 40m step 10m m offset -step()\n  m{a=\"x\"} 6 8 10\n  m{a=\"y\"} 12 16 20\n",
             "eval range from 20m to 40m step 10m sum_over_time(m{a=\"x\"}[max_of(step(), 5m) + 5m])\n  {a=\"x\"} 9 15 "
             "21\n",
             "eval range from 20m to 40m step 10m count_over_time(m{a=\"x\"}[range():step() / 2])\n  {a=\"x\"} 4 4 4\n",
             "eval instant at 50m rate(m[step()])\n  expect fail msg: 7:13: duration must be greater than 0\n",
             "eval range from 20m to 40m step 10m rate(m[5m / (step() - 10m)])\n  expect fail msg: 7:25: division by "
             "zero\n",
         })
        CHECK(verdict_on(eval) == "passed");
}
