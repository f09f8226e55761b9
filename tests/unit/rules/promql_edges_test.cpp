// Anchored and smoothed selectors. Every expected value can be worked out from the few samples above it.
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "rules/promql/edges.h"
#include "rules/testing/case_result.h"
#include "rules/testing/script_runner.h"
#include "unit/rules/promql_calls.h"

using namespace outrider;
using namespace outrider::rules;
using namespace outrider::rules::promql;
using rules::promql::test::at;

namespace {

// Minutes:          0   1   2   3   4   5   6
const std::string kLoad = R"(load 1m
  c_total            0  10  30  60 100 150 210
  r_total           10  20   5  15
  gone               1   2 stale
  late               _   _   _   5   6
  sparse_total       5   _   _   _   _   _   _   _   _   _  20
  holes              0  10   _  40
  far                1   _   _   _   _   _   _   8
  nan_total          1 NaN   3

)";

void check(const std::string& evals, std::size_t count) {
    const auto cases = rules::testing::run_script(kLoad + evals, "f");
    CHECK(cases.size() == count);
    for (const auto& one : cases) {
        INFO(one.place << ": " << one.name << "\n" << one.details << one.construct);
        CHECK(one.verdict == rules::testing::Verdict::passed);
    }
}

std::vector<Point> series(std::initializer_list<std::pair<double, double>> points) {
    std::vector<Point> made;
    for (const auto& [when, value] : points) made.push_back({at(when), value});
    return made;
}

}  // namespace

TEST_CASE("edges: an anchored range begins with the newest sample before it", "[rules][promql]") {
    check(R"(eval instant at 5m30s increase(c_total[2m] anchored)
  {} 90

eval instant at 5m30s delta(c_total[2m] anchored)
  {} 90

eval instant at 5m30s rate(c_total[2m] anchored)
  {} 0.75

# A sample at the beginning itself is the one.
eval instant at 5m increase(c_total[2m] anchored)
  {} 90

# None before it: from the first one on.
eval instant at 1m increase(c_total[5m] anchored)
  {} 10

eval instant at 0 increase(c_total[5m] anchored)
  {} 0

# Samples before it only say nothing.
eval instant at 9m increase(c_total[2m] anchored)

# The look-back of 5 m before the beginning is open on the left.
eval instant at 10m increase(sparse_total[6m] anchored)
  {} 15

eval instant at 10m increase(sparse_total[5m] anchored)
  {} 0

eval instant at 10m increase(sparse_total[5m1ms] anchored)
  {} 15

eval instant at 6m30s increase(c_total[2m] anchored offset 1m)
  {} 90

eval instant at 20m increase(c_total[2m] offset 1m anchored @ 390)
  {} 90

eval range from 4m to 6m step 1m increase(c_total[1m30s] anchored)
  {} 70 90 110
)",
          13);
}

TEST_CASE("edges: a smoothed range ends on the line between the samples around its ends", "[rules][promql]") {
    check(R"(eval instant at 5m30s increase(c_total[2m] smoothed)
  {} 100

eval instant at 5m30s rate(c_total[2m] smoothed)
  {} 0.8333333333333334

eval instant at 5m increase(c_total[2m] smoothed)
  {} 90

# Nothing behind the end yet: the last value.
eval instant at 6m30s increase(c_total[2m] smoothed)
  {} 85

# Nothing before the beginning: the first value.
eval instant at 3m30s delta(late[1m] smoothed)
  {} 0.5

# Samples behind the end only, or before the beginning only, say nothing.
eval instant at 1m delta(late[1m] smoothed)

eval instant at 9m increase(c_total[2m] smoothed)

# Both ends between the same two samples.
eval instant at 5m45s increase(c_total[30s] smoothed)
  {} 30

eval instant at 6m30s increase(c_total[2m] offset 1m smoothed)
  {} 100
)",
          9);
}

TEST_CASE("edges: a counter that began again counts from 0, also between the samples around an end",
          "[rules][promql]") {
    check(R"(eval instant at 3m increase(r_total[3m] anchored)
  {} 25

eval instant at 3m delta(r_total[3m] anchored)
  {} 5

# From 2.5, half of the way from 0 to 5, to 10.
eval instant at 2m30s increase(r_total[1m] smoothed)
  {} 7.5

# From 15 by 20 to 2.5.
eval instant at 1m30s increase(r_total[1m] smoothed)
  {} 7.5

# From 1.25 to 3.75.
eval instant at 1m45s increase(r_total[30s] smoothed)
  {} 2.5

eval instant at 1m30s delta(r_total[1m] smoothed)
  {} -2.5

eval instant at 3m resets(r_total[1m30s] anchored)
  {} 1

eval instant at 3m resets(r_total[1m30s])
  {} 0

eval instant at 3m changes((r_total[1m30s] anchored))
  {} 2

eval instant at 6m changes(r_total[1m30s] anchored)
)",
          10);
}

TEST_CASE("edges: NaN is no reset, and stale markers are not seen", "[rules][promql]") {
    check(R"(eval instant at 2m increase(nan_total[2m] anchored)
  {} 2

eval instant at 2m changes(nan_total[2m] anchored)
  {} 2

eval instant at 1m30s increase(nan_total[1m] smoothed)
  {} NaN

eval instant at 3m increase(gone[3m] anchored)
  {} 1

eval instant at 3m increase(gone[2m] anchored)

eval instant at 3m gone smoothed
  gone 2

eval instant at 3m gone anchored
)",
          7);
}

TEST_CASE("edges: a smoothed instant selector looks at the samples around the moment", "[rules][promql]") {
    check(R"(eval instant at 30s holes smoothed
  holes 5

eval instant at 1m holes smoothed
  holes 10

eval instant at 2m holes smoothed
  holes 25

eval instant at 2m holes anchored
  holes 10

eval instant at 7m59s999ms holes smoothed
  holes 40

eval instant at 8m holes smoothed

eval instant at 1m holes smoothed offset 30s
  holes 5

eval instant at 9m holes @ 30 smoothed
  holes 5

# Five minutes back and five ahead.
eval instant at 1m far smoothed
  far 1

eval instant at 3m far smoothed
  far 4

eval instant at 2m late smoothed

eval instant at 2m absent(late smoothed)
  {} 1

eval instant at 2m timestamp(holes smoothed)
  {} 60

eval range from 0 to 2m step 30s holes smoothed + 0
  {} 0 5 10 17.5 25

eval instant at 3m max_over_time((holes smoothed)[1m:30s])
  {} 40

eval range from 1m to 2m step 30s holes smoothed offset 30s
  holes 5 10 17.5
)",
          16);
}

TEST_CASE("edges: as a result a range has a point at each end", "[rules][promql]") {
    check(R"(eval instant at 5m30s c_total[2m] anchored
  expect range vector from 3m30s to 5m30s step 30s
  c_total 60 100 _ 150 150

eval instant at 5m30s (c_total[2m] smoothed)
  expect range vector from 3m30s to 5m30s step 30s
  c_total 80 100 _ 150 180

# A counter's too, for nobody has said what it is: no reset is seen.
eval instant at 2m r_total[30s] smoothed
  expect range vector from 1m30s to 2m step 30s
  r_total 12.5 5

eval instant at 9m c_total[2m] anchored
  expect range vector from 7m to 9m step 1m

eval instant at 9m c_total[2m] smoothed
  expect range vector from 7m to 9m step 1m
)",
          5);
}

TEST_CASE("edges: functions that cannot do with them are refused in Prometheus's words", "[rules][promql]") {
    check(R"(eval instant at 5m sum_over_time(c_total[2m] anchored)
  expect fail msg: anchored modifier can only be used with: changes, delta, increase, rate, resets - not with sum_over_time

eval range from 0 to 5m step 1m quantile_over_time(0.5, (c_total[2m] anchored))
  expect fail msg: anchored modifier can only be used with: changes, delta, increase, rate, resets - not with quantile_over_time

eval instant at 5m changes(c_total[2m] smoothed)
  expect fail msg: smoothed modifier can only be used with: delta, increase, rate - not with changes

eval instant at 5m absent_over_time(nothing[2m] smoothed)
  expect fail msg: smoothed modifier can only be used with: delta, increase, rate - not with absent_over_time

eval instant at 2m30s rate(holes[1m] smoothed)
  expect info
  {} 0.25

eval instant at 5m delta(c_total[2m] anchored)
  expect no_info
  {} 90
)",
          6);
}

TEST_CASE("edges: the ends of a range are found in points that stand in any way to it", "[rules][promql]") {
    const auto points = series({{0, 1}, {10, 3}, {20, 7}});
    const auto stretch = [&](double from, double to, Edges edges, Slope slope = Slope::gauge) {
        // As the selector does it: anchored, no point behind the end.
        std::span<const Point> seen{points};
        while (edges == Edges::anchored && !seen.empty() && seen.back().at > at(to)) seen = seen.first(seen.size() - 1);
        const auto found = stretch_of(seen, at(from), at(to), edges, slope);
        if (!found) return std::vector<double>{};
        std::vector<double> values{found->left};
        for (const auto& point : found->inner) values.push_back(point.value);
        values.push_back(found->right);
        return values;
    };
    using Values = std::vector<double>;
    CHECK(stretch(5, 15, Edges::anchored) == Values{1, 3, 3});
    CHECK(stretch(5, 15, Edges::smoothed) == Values{2, 3, 5});
    CHECK(stretch(10, 20, Edges::anchored) == Values{3, 7});
    CHECK(stretch(10, 20, Edges::smoothed) == Values{3, 7});
    CHECK(stretch(-5, 25, Edges::anchored) == Values{1, 1, 3, 7, 7});
    CHECK(stretch(-5, 25, Edges::smoothed) == Values{1, 1, 3, 7, 7});
    CHECK(stretch(12, 14, Edges::smoothed) == Values{3.8, 4.6});
    CHECK(stretch(12, 14, Edges::anchored).empty());
    CHECK(stretch(20, 30, Edges::smoothed).empty());
    CHECK(stretch(-9, -1, Edges::smoothed).empty());
    CHECK(stretch(-9, 0, Edges::smoothed) == Values{1, 1});
    CHECK_FALSE(stretch_of({}, at(0), at(1), Edges::smoothed, Slope::gauge));
}

TEST_CASE("edges: the line is worked out in milliseconds, to the last bit as Prometheus does", "[rules][promql]") {
    // 0.1 + (0.7 - 0.1) * 333 / 1000 in doubles; with nanoseconds or seconds the product is rounded otherwise.
    const auto points = series({{0, 0.1}, {1, 0.7}});
    CHECK(value_at(points, at(0.333)) == 0.1 + (0.7 - 0.1) * 333.0 / 1000.0);
    CHECK(value_at(points, at(0.0005)) == 0.1 + (0.7 - 0.1) * 0.5 / 1000.0);
    CHECK(value_at(points, at(1)) == 0.7);
    CHECK(value_at(points, at(2)) == 0.7);
    CHECK_FALSE(value_at(points, at(-1)));
    CHECK_FALSE(value_at({}, at(0)));
}
