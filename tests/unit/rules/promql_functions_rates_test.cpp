// Counters and gauges over a range. Times are in seconds; a range is (from, to].
#include <catch2/catch.hpp>

#include "unit/rules/promql_calls.h"

using namespace outrider::rules;
using namespace outrider::rules::promql;
using namespace outrider::rules::promql::test;

namespace {

struct Case {
    const char* what;
    std::vector<Point> points;
    double from;
    double to;
    std::optional<double> increase;
    std::optional<double> delta;
};

std::vector<Point> points(std::initializer_list<std::pair<double, double>> time_value) {
    std::vector<Point> made;
    for (const auto& [time, value] : time_value) made.push_back({at(time), value});
    return made;
}

}  // namespace

TEST_CASE("rate, increase, delta: extrapolated to the ends of the range as Prometheus 3 does", "[rules][promql]") {
    const std::vector<Case> cases{
        {"one point says nothing", points({{60, 5}}), 0, 60, std::nullopt, std::nullopt},
        // 100 → 160 in 60 s, 10 s missing before the first: below 1.1 gaps of 15 s, so all of it is filled.
        {"a range that is covered", points({{10, 100}, {25, 115}, {40, 130}, {55, 145}, {70, 160}}), 0, 70,
         60 * (60 + 10) / 60.0, 70},
        // 30 s are missing before the first point, at least 1.1 gaps: half a gap, 7.5 s, is filled.
        {"a series that begins late", points({{30, 100}, {45, 115}, {60, 130}}), 0, 60, 30 * (30 + 7.5) / 30, 37.5},
        {"a series that ends early", points({{15, 100}, {30, 115}, {45, 130}}), 0, 75, 30 * (30 + 15 + 7.5) / 30, 52.5},
        // 16.5 s is 1.1 gaps of 15 s exactly: that is too far.
        {"the threshold itself", points({{16.5, 1000}, {31.5, 1015}}), 0, 31.5, 15 * (15 + 7.5) / 15, 22.5},
        // 4 at 12 s with a slope of 1/s: it was 0 at 8 s, so only 4 s are filled. A gauge knows no zero.
        {"a counter does not start below zero", points({{12, 4}, {24, 16}, {36, 28}}), 0, 36, 24 * (24 + 4) / 24.0, 36},
        // 100 s are missing, so half a gap, 5 s, is filled; that it was 0 only 8 s before does not matter. (Before its
        // version 3 Prometheus filled those 8 s.)
        {"a zero point beyond half a gap", points({{100, 8}, {110, 18}}), 0, 110, 10 * (10 + 5) / 10.0, 15},
        {"a counter that starts at zero", points({{10, 0}, {20, 10}}), 0, 20, 10, 20},
        {"a negative first value has no zero point", points({{10, -10}, {20, 10}}), 0, 20, 40, 40},
        // 10 → 20, then a reset to 3 → 8: 8 − 10 + 20 = 18.
        {"a reset", points({{10, 10}, {20, 20}, {30, 3}, {40, 8}}), 0, 40, 18 * (30 + 10) / 30.0, -2 * 40 / 30.0},
        {"a reset to zero, twice", points({{10, 5}, {20, 0}, {30, 7}, {40, 0}}), 0, 40,
         (0 - 5 + 5 + 7) * (30 + 10) / 30.0, -5 * 40 / 30.0},
        {"no change", points({{10, 7}, {20, 7}}), 0, 20, 0, 0},
        {"infinity", points({{10, 7}, {20, kInfinity}}), 0, 20, kInfinity, kInfinity},
        {"NaN", points({{10, 7}, {20, kNaN}, {30, 9}}), 0, 30, 3, 3},
        {"NaN at an end", points({{10, 7}, {20, kNaN}}), 0, 20, kNaN, kNaN},
        {"the largest numbers", points({{10, 0}, {20, kLargest}}), 0, 20, kLargest, kInfinity},
    };
    for (const auto& [what, points, from, to, increase, delta] : cases) {
        CAPTURE(what);
        Desk desk;
        const auto got_increase = over(desk, FunctionId::increase, points, from, to);
        const auto got_rate = over(desk, FunctionId::rate, points, from, to);
        const auto got_delta = over(desk, FunctionId::delta, points, from, to);
        REQUIRE(got_increase.has_value() == increase.has_value());
        REQUIRE(got_rate.has_value() == increase.has_value());
        REQUIRE(got_delta.has_value() == delta.has_value());
        CHECK(desk.said().empty());
        if (!increase) continue;
        if (std::isfinite(*increase)) {
            CHECK(*got_increase == Approx(*increase).epsilon(1e-12));
            CHECK(*got_rate == Approx(*increase / (to - from)).epsilon(1e-12));
        } else {
            CHECK(*got_increase == Same{*increase});
            CHECK(*got_rate == Same{*increase});
        }
        if (std::isfinite(*delta)) {
            CHECK(*got_delta == Approx(*delta).epsilon(1e-12));
        } else {
            CHECK(*got_delta == Same{*delta});
        }
    }
}

TEST_CASE("rate: five looks a second, and a range that ends between two points", "[rules][promql]") {
    Desk desk;
    std::vector<Point> points;
    for (int i = 1; i <= 150; ++i) points.push_back({at(0.2 * i), 1000 + 0.6 * i});
    CHECK(*over(desk, FunctionId::rate, points, 0, 30) == Approx(3));
    CHECK(*over(desk, FunctionId::rate, points, 0.1, 30.1) == Approx(3));
}

TEST_CASE("rate, increase: a metric that is not named like a counter is told of", "[rules][promql]") {
    const std::string info = "info: metric might not be a counter, name does not end in _total/_sum/_count/_bucket: ";
    const auto two = points({{10, 1}, {20, 2}});
    for (const auto id : {FunctionId::rate, FunctionId::increase}) {
        Desk desk;
        for (const char* name : {"x_total", "x_sum", "x_count", "x_bucket", ""})
            CHECK(over(desk, id, two, 0, 20, {}, name));
        CHECK(desk.said().empty());
        CHECK(over(desk, id, two, 0, 20, {}, "lag_seconds"));
        CHECK(over(desk, id, two, 0, 20, {}, "lag_seconds"));
        CHECK(desk.said() == Texts{info + "\"lag_seconds\""});
        CHECK(desk.report.annotations().front().begin == 5);
    }
    Desk desk;
    CHECK_FALSE(over(desk, FunctionId::rate, points({{10, 1}}), 0, 20, {}, "lag_seconds"));  // nothing came of it
    CHECK(over(desk, FunctionId::delta, two, 0, 20, {}, "lag_seconds"));                     // a gauge it may be
    CHECK(over(desk, FunctionId::irate, two, 0, 20, {}, "lag_seconds"));                     // Prometheus says nothing
    CHECK(desk.said().empty());
}

TEST_CASE("irate, idelta: the last two points, without extrapolation", "[rules][promql]") {
    Desk desk;
    const auto both = [&](std::vector<Point> points) {
        return std::pair{over(desk, FunctionId::irate, points, 0, 60), over(desk, FunctionId::idelta, points, 0, 60)};
    };
    CHECK(both(points({{10, 1}})) == std::pair<std::optional<double>, std::optional<double>>{});
    CHECK(both(points({{10, 99}, {20, 1}, {25, 11}})) == std::pair{std::optional{2.0}, std::optional{10.0}});
    // After a reset the counter has counted all it shows.
    CHECK(both(points({{20, 100}, {25, 10}})) == std::pair{std::optional{2.0}, std::optional{-90.0}});
    const auto [rate, delta] = both(points({{20, kNaN}, {25, 10}}));
    CHECK(*rate == Same{kNaN});
    CHECK(*delta == Same{kNaN});
    CHECK(*both(points({{20, 5}, {25, kInfinity}})).first == Same{kInfinity});
}

TEST_CASE("changes and resets: counted from one point to the next", "[rules][promql]") {
    const auto changes = [](std::initializer_list<double> values) { return *over(FunctionId::changes, values); };
    const auto resets = [](std::initializer_list<double> values) { return *over(FunctionId::resets, values); };
    CHECK(changes({5}) == 0);
    CHECK(changes({5, 5, 5}) == 0);
    CHECK(changes({1, 2, 2, 1}) == 2);
    CHECK(changes({0.0, -0.0}) == 0);
    CHECK(changes({kNaN, kNaN, kNaN}) == 0);
    CHECK(changes({kNaN, 1, kNaN}) == 2);
    CHECK(changes({kInfinity, kInfinity, -kInfinity}) == 1);
    CHECK(resets({5}) == 0);
    CHECK(resets({1, 2, 3}) == 0);
    CHECK(resets({3, 2, 1, 5, 0}) == 3);
    CHECK(resets({3, kNaN, 1}) == 0);
    CHECK(resets({kInfinity, 1}) == 1);
}
