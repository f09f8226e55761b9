// Where a gauge is going.
#include <catch2/catch.hpp>

#include "unit/rules/promql_calls.h"

using namespace outrider::rules;
using namespace outrider::rules::promql;
using namespace outrider::rules::promql::test;

TEST_CASE("deriv: the slope by least squares", "[rules][promql]") {
    const auto deriv = [](std::initializer_list<double> values) { return over(FunctionId::deriv, values); };
    CHECK_FALSE(deriv({5}));
    CHECK(deriv({1, 3, 5, 7}) == Approx(2));
    CHECK(deriv({0, 1, 0, 1}) == Approx(0.2));  // x −1.5 −0.5 0.5 1.5: Σxy = 1, Σxx = 5
    CHECK(deriv({5, 5, 5}) == 0);
    CHECK(*deriv({kInfinity, kInfinity}) == Same{kNaN});
    CHECK(*deriv({1, kNaN, 3}) == Same{kNaN});
    CHECK(*deriv({1, kInfinity, 3}) == Same{kNaN});
    // Far from 1970 the numbers are large, and nothing may be lost by it.
    Desk desk;
    CHECK(*over(desk, FunctionId::deriv,
                {{at(1'493'712'816.939), 100}, {at(1'493'712'846.939), 100}, {at(1'493'712'876.939), 160}}, 0,
                2e9) == Approx(1));
}

TEST_CASE("predict_linear: so many seconds after the evaluation, not after the last point", "[rules][promql]") {
    Desk desk;  // evaluates at 1000 s
    const std::vector<Point> line{{at(900), 10}, {at(910), 20}, {at(920), 30}};
    CHECK(*over(desk, FunctionId::predict_linear, line, 880, 920, {0}) == Approx(110));
    CHECK(*over(desk, FunctionId::predict_linear, line, 880, 920, {60}) == Approx(170));
    CHECK(*over(desk, FunctionId::predict_linear, line, 880, 920, {-100}) == Approx(10));
    CHECK(over(desk, FunctionId::predict_linear, {{at(900), 7}, {at(910), 7}}, 880, 920, {1e6}) == 7);
    CHECK_FALSE(over(desk, FunctionId::predict_linear, {{at(900), 7}}, 880, 920, {60}));
}

TEST_CASE("double_exponential_smoothing: Holt's method", "[rules][promql]") {
    const auto smooth = [](std::initializer_list<double> values, double smoothing, double trend) {
        return over(FunctionId::double_exponential_smoothing, values, {smoothing, trend});
    };
    CHECK_FALSE(smooth({5}, 0.5, 0.5));
    CHECK(smooth({0, 10, 20, 30}, 0.01, 0.1) == Approx(30));  // a straight line stays one
    // s = 1, b = 2; 0.5·3 + 0.5·(1+2) = 3, b = 2; 0.5·1 + 0.5·(3+2) = 3.
    CHECK(smooth({1, 3, 1}, 0.5, 0.5) == Approx(3));
    // Then b = 0.5·(3−3) + 0.5·2 = 1; 0.5·1 + 0.5·(3+1) = 2.5.
    CHECK(smooth({1, 3, 1, 1}, 0.5, 0.5) == Approx(2.5));
    CHECK(*smooth({1, kNaN, 2}, 0.5, 0.5) == Same{kNaN});
}

TEST_CASE("double_exponential_smoothing: factors outside of 0 to 1 fail the evaluation", "[rules][promql]") {
    struct Case {
        double smoothing;
        double trend;
        const char* error;
    };
    for (const auto& [smoothing, trend, error] :
         std::initializer_list<Case>{{0, 0.5, "invalid smoothing factor. Expected: 0 < sf < 1, got: 0.000000"},
                                     {1, 0.5, "invalid smoothing factor. Expected: 0 < sf < 1, got: 1.000000"},
                                     {kInfinity, 0.5, "invalid smoothing factor. Expected: 0 < sf < 1, got: +Inf"},
                                     {0.5, -1.5, "invalid trend factor. Expected: 0 < tf < 1, got: -1.500000"},
                                     {0.5, 1, "invalid trend factor. Expected: 0 < tf < 1, got: 1.000000"}}) {
        Desk desk;
        CHECK_FALSE(
            over(desk, FunctionId::double_exponential_smoothing, each_second({1}), 0, 1000, {smoothing, trend}));
        CHECK(desk.report.error() == error);
    }
}
