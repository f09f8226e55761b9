// What Prometheus decides over all moments of a query, not at each: names, warnings, limits. As scripts, whose values
// are worked out by hand.
#include <catch2/catch.hpp>
#include <string>

#include "rules/testing/case_result.h"
#include "rules/testing/script_runner.h"

using namespace outrider::rules::testing;

namespace {

/// The verdict on one eval over some series, a point a minute: empty when it passed.
std::string trouble_with(const std::string& eval) {
    const auto cases = run_script(
        "load 1m\n  x 6 1 6\n  y 1 6 1\n  m{a=\"1\"} 1 2 3\n  m{a=\"2\"} 4 5 6\n  odd 2 -1 0.5\n  holes 0.5 NaN 3\n"
        "  deep -1e300 2 2\n  high 0 9223372036854774784 1\n  below 0.5 0.2 0.1\n\n" +
            eval,
        "f");
    REQUIRE(cases.size() == 1);
    CHECK(cases[0].verdict != Verdict::unsupported);
    return cases[0].details;
}

}  // namespace

TEST_CASE("range query: a series has a name when its first element has", "[rules][promql]") {
    const auto* const eval = GENERATE(
        "eval range from 0 to 2m step 1m (x > 5) or abs(x)\n  x 6 1 6",
        "eval range from 0 to 2m step 1m (y > 5) or abs(y)\n  {} 1 6 1",
        "eval range from 0 to 2m step 1m (x > 5) or abs(y)\n  x 6 _ 6\n  {} _ 6 _",
        "eval range from 0 to 2m step 1m (x > 5) or abs(x > 5)\n  x 6 _ 6",
        // Two that become one, each at moments of its own; and at the same.
        "eval range from 0 to 2m step 1m abs(x > 5) or abs(y > 5)\n  {} 6 6 6",
        "eval range from 0 to 2m step 1m -{__name__=~\"x|y\"}\n  expect fail msg: vector cannot contain metrics with "
        "the same labelset",
        "eval range from 0 to 1m step 1m sum by (__name__) ((x > 5) or abs(x))\n  x 6 1",
        // Of an aggregation the newest element counts.
        "eval range from 0 to 2m step 1m sum by (__name__) (m{a=\"1\"} or abs(m{a=\"2\"} > 4))\n  {} 1 7 9",
        "eval range from 0 to 2m step 1m sum by (__name__) (m{a=\"1\"} or abs(m{a=\"2\"} < 6))\n  m 5 7 3",
        "eval instant at 2m ((x > 5) or abs(x))[2m30s:1m]\n  expect range vector from 0 to 2m step 1m\n  x 6 1 6");
    CAPTURE(eval);
    CHECK(trouble_with(eval) == "");
}

TEST_CASE("range query: sort is in vain where its own evaluation has several moments", "[rules][promql]") {
    const std::string warning =
        "\n  expect warn msg: sort is ineffective for range queries since results are always ordered by labels";
    const auto eval =
        GENERATE_COPY("eval range from 0 to 1m step 1m sort(x)" + warning + "\n  x 6 1",
                      "eval range from 0 to 1m step 1m sort(x @ 60)\n  expect no_warn\n  x 1 1",
                      "eval range from 0 to 1m step 1m sort(x) + sort_desc(x @ end())" + warning + "\n  {} 7 2",
                      "eval range from 1m to 1m step 1m sort(x)\n  expect no_warn\n  x 1",
                      "eval instant at 2m sort(x)\n  expect no_warn\n  x 6",
                      "eval instant at 2m max_over_time(sort(x)[3m:1m])" + warning + "\n  {} 6",
                      "eval instant at 2m max_over_time(sort_by_label(x, \"a\")[1m:1m])\n  expect no_warn\n  {} 6",
                      "eval instant at 2m max_over_time(sort(x @ 60)[3m:1m])\n  expect no_warn\n  {} 1",
                      "eval instant at 2m max_over_time(sort(x)[3m:1m] @ 60)" + warning + "\n  {} 6",
                      // @ start() is the query's, not the subquery's.
                      "eval instant at 2m max_over_time((x @ start())[3m:1m])\n  {} 6",
                      "eval range from 1m to 2m step 1m max_over_time((x @ start())[1m:1m])\n  {} 1 1");
    CAPTURE(eval);
    CHECK(trouble_with(eval) == "");
}

TEST_CASE("range query: quantile warns of the furthest parameters, each once", "[rules][promql]") {
    const auto warned = [](const std::string& value) {
        return "\n  expect warn msg: PromQL warning: quantile value should be between 0 and 1, got " + value;
    };
    const auto eval = GENERATE_COPY(
        "eval range from 0 to 2m step 1m quantile(scalar(odd), m)" + warned("2") + warned("-1") +
            "\n  {} +Inf -Inf 4.5",
        "eval range from 0 to 2m step 1m quantile(scalar(odd) + 1, m)" + warned("3") + "\n  {} +Inf 2 +Inf",
        "eval range from 0 to 2m step 1m quantile(scalar(holes), m)" + warned("NaN") + "\n  {} 2.5 NaN +Inf",
        "eval range from 0 to 2m step 1m quantile(2, m)" + warned("2") + "\n  {} +Inf +Inf +Inf",
        "eval range from 2m to 2m step 1m quantile(scalar(odd), m)\n  expect no_warn\n  {} 4.5",
        "eval instant at 0 quantile(scalar(odd), m)" + warned("2") + "\n  {} +Inf",
        "eval instant at 2m max_over_time(quantile(scalar(odd), m)[3m:1m])" + warned("2") + warned("-1") +
            "\n  {} +Inf",
        "eval range from 0 to 2m step 1m quantile(scalar(odd), nothing)" + warned("2") + warned("-1"));
    CAPTURE(eval);
    CHECK(trouble_with(eval) == "");
}

TEST_CASE("range query: topk looks at all its parameters", "[rules][promql]") {
    const auto* const eval = GENERATE(
        "eval range from 0 to 2m step 1m topk(scalar(x), m)\n  m{a=\"1\"} 1 _ 3\n  m{a=\"2\"} 4 5 6",
        "eval range from 0 to 2m step 1m bottomk(scalar(odd), m)\n  m{a=\"1\"} 1 _ _\n  m{a=\"2\"} 4 _ _",
        "eval range from 0 to 2m step 1m topk(scalar(below), m)",
        "eval range from 0 to 2m step 1m limitk(scalar(holes), m)\n  expect fail msg: Parameter value is NaN",
        "eval range from 0 to 2m step 1m topk(scalar(deep), m)\n  expect fail msg: Scalar value -1e+300 underflows "
        "int64",
        "eval range from 0 to 2m step 1m topk(scalar(high), m)\n  expect fail msg: Scalar value 9.223372036854775e+18 "
        "overflows int64",
        "eval instant at 0 topk(-1e300, m)",
        "eval instant at 0 limitk(NaN, m)\n  expect fail msg: Parameter value is NaN",
        "eval instant at 0 topk(9223372036854774784, nothing)\n  expect fail msg: Scalar value 9.223372036854775e+18 "
        "overflows int64",
        "eval instant at 0 topk(9223372036854773760, m)\n  m{a=\"1\"} 1\n  m{a=\"2\"} 4",
        // The moments of the subquery are 300 years apart, more than 64 bits of nanoseconds hold.
        "eval range from -100y to 100y step 50y count_over_time(topk(scalar(vector(1)), vector(1))[100y:1y])\n"
        "  {} 100 100 100 100 100",
        "eval instant at 2m sum_over_time(topk(scalar(holes), x)[3m:1m])\n  expect fail msg: Parameter value is NaN");
    CAPTURE(eval);
    CHECK(trouble_with(eval) == "");
}

TEST_CASE("many to one: a match may have each result once, different matches are told apart at the end",
          "[rules][promql]") {
    const std::string load =
        "load 1m\n  a{A=\"1\"} 1\n  b{A=\"2\"} 2\n  b{A=\"3\"} 3\n  a{o=\"1\"} 10\n  b{o=\"1\"} 100\n\n";
    const auto trouble = [&](const std::string& eval) { return run_script(load + eval, "f").at(0).details; };
    // The names, by which they match, are no part of the result; nor is A, which the one side has not.
    const std::string joined = " * on (__name__) group_left(A) {o=\"1\"}";
    CHECK(trouble("eval instant at 0 {A=~\"1|2|3\"}" + joined +
                  "\n  expect fail msg: multiple matches for labels: grouping labels must ensure unique matches") ==
          "");
    const std::string same = "\n  expect fail msg: vector cannot contain metrics with the same labelset";
    CHECK(trouble("eval instant at 0 {A=~\"1|2\"}" + joined + same) == "");
    CHECK(trouble("eval range from 0 to 0 step 1m sum({A=~\"1|2\"}" + joined + ")\n  {} 210") == "");
    CHECK(trouble("eval range from 0 to 1m step 1m sum({A=~\"1|2\"}" + joined + ")" + same) == "");
}
