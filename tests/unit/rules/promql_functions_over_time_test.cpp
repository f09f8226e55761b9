// What the values of a range have in common.
#include <catch2/catch.hpp>
#include <random>

#include "rules/promql/sums.h"
#include "unit/rules/promql_calls.h"

using namespace outrider::rules;
using namespace outrider::rules::promql;
using namespace outrider::rules::promql::test;

TEST_CASE("sum_over_time: nothing small is lost beside the big", "[rules][promql]") {
    const auto sum = [](std::initializer_list<double> values) { return *over(FunctionId::sum_over_time, values); };
    CHECK(sum({7}) == 7);
    CHECK(sum({1, 2, 3, 4}) == 10);
    CHECK(sum({1, 1e100, 1, -1e100}) == 2);
    CHECK(sum({5e100, 1, -5e100}) == 1);
    CHECK(sum({0.1, 0.2, 0.3, -0.6}) == Approx(0).margin(1e-16));
    CHECK(sum({kInfinity, 1}) == Same{kInfinity});
    CHECK(sum({kInfinity, -kInfinity}) == Same{kNaN});
    CHECK(sum({1, kNaN, 2}) == Same{kNaN});
    CHECK(sum({kLargest, kLargest}) == Same{kInfinity});
    CHECK(sum({-kLargest, -kLargest, 1}) == Same{-kInfinity});
    CHECK(sum({kLargest, -kLargest, 3}) == 3);
}

TEST_CASE("sum_over_time: the branchless sum is Neumaier's, bit for bit", "[rules][promql]") {
    std::mt19937_64 random{20};
    std::uniform_real_distribution<double> mantissa{-1, 1};
    std::uniform_int_distribution<int> exponent{-60, 60};
    for (int round = 0; round < 200; ++round) {
        std::vector<Point> points;
        CompensatedSum plain;
        for (int i = 0; i < 100; ++i) {
            points.push_back({at(i), std::ldexp(mantissa(random), exponent(random))});
            plain.add(points.back().value);
        }
        Desk desk;
        CHECK(*over(desk, FunctionId::sum_over_time, points, -1, 99) == plain.value());
    }
}

TEST_CASE("avg_over_time: right where the sum overflows", "[rules][promql]") {
    const auto avg = [](std::initializer_list<double> values) { return *over(FunctionId::avg_over_time, values); };
    CHECK(avg({7}) == 7);
    CHECK(avg({1, 2, 3, 4}) == 2.5);
    CHECK(avg({1, 1e100, 1, -1e100}) == 0.5);
    CHECK(avg({kLargest, kLargest, kLargest}) == Approx(kLargest));
    CHECK(avg({-kLargest, -kLargest}) == Approx(-kLargest));
    CHECK(avg({kLargest, kLargest, -kLargest, -kLargest}) == Approx(0).margin(kLargest * 1e-15));
    CHECK(avg({1, kInfinity}) == Same{kInfinity});
    CHECK(avg({-kInfinity, 1}) == Same{-kInfinity});
    CHECK(avg({kInfinity, -kInfinity}) == Same{kNaN});
    CHECK(avg({kInfinity, kInfinity, kInfinity}) == Same{kInfinity});
    CHECK(avg({kInfinity, kLargest, -kLargest}) == Same{kInfinity});
    CHECK(avg({1, kNaN}) == Same{kNaN});
}

TEST_CASE("min_over_time, max_over_time: NaN only when all are", "[rules][promql]") {
    struct Case {
        std::initializer_list<double> values;
        double least;
        double most;
    };
    for (const auto& [values, least, most] :
         std::initializer_list<Case>{{{3}, 3, 3},
                                     {{2, 1, 3}, 1, 3},
                                     {{kNaN, 2, 1}, 1, 2},
                                     {{2, kNaN, 1}, 1, 2},
                                     {{1, 2, kNaN}, 1, 2},
                                     {{kNaN, kNaN, 5}, 5, 5},
                                     {{kNaN, kNaN}, kNaN, kNaN},
                                     {{-kInfinity, 0, kInfinity}, -kInfinity, kInfinity}}) {
        CHECK(*over(FunctionId::min_over_time, values) == Same{least});
        CHECK(*over(FunctionId::max_over_time, values) == Same{most});
    }
}

TEST_CASE("ts_of_…_over_time: when; of several extremes the last", "[rules][promql]") {
    using enum FunctionId;
    // The points are at 997, 998, 999 and 1000 s.
    CHECK(over(ts_of_first_over_time, {4, 9, 9, 4}) == 997);
    CHECK(over(ts_of_last_over_time, {4, 9, 9, 4}) == 1000);
    CHECK(over(ts_of_max_over_time, {4, 9, 9, 4}) == 999);
    CHECK(over(ts_of_min_over_time, {4, 9, 9, 4}) == 1000);
    CHECK(over(ts_of_max_over_time, {kNaN, kNaN, 9, kNaN}) == 999);
    CHECK(over(ts_of_min_over_time, {kNaN, 3, 9, kNaN}) == 998);
    Desk desk;
    CHECK(over(desk, ts_of_last_over_time, {{at(1'700'000'000.2), 1}}, 0, 2e9) == 1'700'000'000.2);
}

TEST_CASE("count, present, first, last: of the points, whatever their values", "[rules][promql]") {
    CHECK(over(FunctionId::count_over_time, {kNaN, 1, 2}) == 3);
    CHECK(over(FunctionId::present_over_time, {kNaN}) == 1);
    CHECK(over(FunctionId::first_over_time, {4, 5, 6}) == 4);
    CHECK(over(FunctionId::last_over_time, {4, 5, 6}) == 6);
    CHECK(*over(FunctionId::last_over_time, {4, 5, kNaN}) == Same{kNaN});
}

TEST_CASE("stddev_over_time, stdvar_over_time: of the population, and 0 for equal values", "[rules][promql]") {
    const auto stdvar = [](std::initializer_list<double> values) {
        return *over(FunctionId::stdvar_over_time, values);
    };
    CHECK(stdvar({5}) == 0);
    CHECK(stdvar({2, 4, 4, 4, 5, 5, 7, 9}) == Approx(4));
    CHECK(*over(FunctionId::stddev_over_time, {2, 4, 4, 4, 5, 5, 7, 9}) == Approx(2));
    CHECK(stdvar({1.5990505637277868, 1.5990505637277868, 1.5990505637277868}) == 0);
    CHECK(stdvar({1e10, 1e10 + 1, 1e10 + 2}) == Approx(2.0 / 3).epsilon(1e-12));  // small beside the mean
    CHECK(stdvar({1, kNaN}) == Same{kNaN});
    CHECK(stdvar({1, kInfinity}) == Same{kNaN});
}

TEST_CASE("quantile_over_time: between two values in proportion, with a warning for an odd φ", "[rules][promql]") {
    Desk desk;
    const auto quantile = [&](double phi, std::initializer_list<double> values) {
        return *over(desk, FunctionId::quantile_over_time, each_second(values), 0, 1000, {phi});
    };
    CHECK(quantile(0.5, {3}) == 3);
    CHECK(quantile(0, {9, 1, 5}) == 1);
    CHECK(quantile(1, {9, 1, 5}) == 9);
    CHECK(quantile(0.5, {9, 1, 5}) == 5);
    CHECK(quantile(0.75, {0, 1}) == 0.75);
    CHECK(quantile(0.8, {4, 1, 3, 0, 2}) == Approx(3.2));
    CHECK(quantile(0.5, {kNaN, 1, 2}) == 1);  // NaN is the smallest
    CHECK(quantile(0, {1, kNaN, 2}) == Same{kNaN});
    CHECK(quantile(0.5, {1, kInfinity, kInfinity}) == Same{kNaN});  // Prometheus's sum has a 0 × Inf in it
    CHECK(desk.said().empty());
    CHECK(quantile(-0.1, {1, 2}) == Same{-kInfinity});
    CHECK(quantile(1.01, {1, 2}) == Same{kInfinity});
    CHECK(quantile(kNaN, {1, 2}) == Same{kNaN});
    const std::string warning = "warning: quantile value should be between 0 and 1, got ";
    CHECK(desk.said() == Texts{warning + "-0.1", warning + "1.01", warning + "NaN"});
}

TEST_CASE("quantile_over_time: the same as sorting, for windows of many sizes", "[rules][promql]") {
    std::mt19937_64 random{21};
    for (const std::size_t size : {2U, 3U, 150U, 511U, 512U, 513U, 2000U}) {
        std::vector<Point> points;
        std::vector<double> sorted;
        for (std::size_t i = 0; i < size; ++i) {
            sorted.push_back(static_cast<double>(random() % 1000));
            points.push_back({at(static_cast<double>(i)), sorted.back()});
        }
        std::ranges::sort(sorted);
        for (const double phi : {0.0, 0.1, 0.5, 0.99, 1.0}) {
            const double rank = phi * static_cast<double>(size - 1);
            const auto lower = static_cast<std::size_t>(rank);
            const auto upper = std::min(lower + 1, size - 1);
            const double share = rank - std::floor(rank);
            Desk desk;
            CHECK(*over(desk, FunctionId::quantile_over_time, points, -1, 1e6, {phi}) ==
                  Approx(sorted[lower] * (1 - share) + sorted[upper] * share).epsilon(1e-12));
        }
    }
}

TEST_CASE("mad_over_time: the median distance from the median", "[rules][promql]") {
    CHECK(over(FunctionId::mad_over_time, {4, 6, 2, 1, 999, 1, 2}) == 1);
    CHECK(over(FunctionId::mad_over_time, {5}) == 0);
    CHECK(over(FunctionId::mad_over_time, {4, kNaN, 2, 1, 1}).value_or(0) == Same{kNaN});
    CHECK(over(FunctionId::mad_over_time, {1, 2, 3, 100}) == 1);  // median 2.5: 1.5 0.5 0.5 97.5
}
