// Functions of one value: mathematics and the calendar.
#include <catch2/catch.hpp>
#include <numbers>

#include "unit/rules/promql_calls.h"

using namespace outrider::rules::promql;
using namespace outrider::rules::promql::test;

TEST_CASE("every function of the table is implemented", "[rules][promql]") {
#define OUTRIDER_FUNCTION(name, ...) \
    CHECK(std::visit([](auto function) { return function != nullptr; }, implementation_of(FunctionId::name)));
#include "rules/promql/functions.def"
#undef OUTRIDER_FUNCTION
    CHECK(keeps_name(FunctionId::last_over_time));
    CHECK(keeps_name(FunctionId::first_over_time));
    CHECK_FALSE(keeps_name(FunctionId::ts_of_last_over_time));
    CHECK_FALSE(keeps_name(FunctionId::rate));
}

TEST_CASE("mathematics: each function at ordinary and extraordinary values", "[rules][promql]") {
    struct Case {
        FunctionId id;
        double value;
        double wanted;
    };
    using enum FunctionId;
    for (const auto& [id, value, wanted] :
         std::initializer_list<Case>{{abs, -2.5, 2.5},     {abs, -kInfinity, kInfinity},
                                     {ceil, 1.2, 2},       {ceil, -1.2, -1},
                                     {floor, 1.8, 1},      {floor, -1.2, -2},
                                     {exp, 0, 1},          {exp, kInfinity, kInfinity},
                                     {exp, -kInfinity, 0}, {sqrt, 9, 3},
                                     {sqrt, -1, kNaN},     {ln, 1, 0},
                                     {ln, 0, -kInfinity},  {ln, -1, kNaN},
                                     {log2, 8, 3},         {log2, kNaN, kNaN},
                                     {log10, 1000, 3},     {log10, 0, -kInfinity},
                                     {sgn, -7, -1},        {sgn, 7, 1},
                                     {sgn, -0.0, -0.0},    {sgn, kNaN, kNaN},
                                     {sin, 0, 0},          {cos, 0, 1},
                                     {tan, 0, 0},          {sin, kInfinity, kNaN},
                                     {asin, 2, kNaN},      {acos, 1, 0},
                                     {atan, 0, 0},         {sinh, 0, 0},
                                     {cosh, 0, 1},         {tanh, kInfinity, 1},
                                     {asinh, 0, 0},        {acosh, 1, 0},
                                     {acosh, 0, kNaN},     {atanh, 1, kInfinity},
                                     {deg, kNaN, kNaN},    {rad, 0, 0}}) {
        CAPTURE(static_cast<int>(id), value);
        CHECK(of(id, value) == Same{wanted});
    }
    CHECK(of(FunctionId::deg, std::numbers::pi) == Approx(180));
    CHECK(of(FunctionId::rad, 180) == Approx(std::numbers::pi));
    CHECK(of(FunctionId::asin, 1) == Approx(std::numbers::pi / 2));
    CHECK(of(FunctionId::atanh, 0.5) == Approx(0.5493061443));
}

TEST_CASE("round: to the nearest multiple, halves up", "[rules][promql]") {
    CHECK(of(FunctionId::round, 2.5) == 3);
    CHECK(of(FunctionId::round, -2.5) == -2);
    CHECK(of(FunctionId::round, 2.4, {1}) == 2);
    CHECK(of(FunctionId::round, 0.15, {0.1}) == 0.2);
    CHECK(of(FunctionId::round, 5.15, {0.1}) == 5.2);
    CHECK(of(FunctionId::round, 7, {5}) == 5);
    CHECK(of(FunctionId::round, 8, {5}) == 10);
    CHECK(of(FunctionId::round, kInfinity) == Same{kInfinity});
    CHECK(of(FunctionId::round, kNaN) == Same{kNaN});
    CHECK(of(FunctionId::round, 3, {0}) == Same{kNaN});
}

TEST_CASE("clamp_min, clamp_max: NaN stays NaN, on either side", "[rules][promql]") {
    CHECK(of(FunctionId::clamp_min, -5, {0}) == 0);
    CHECK(of(FunctionId::clamp_min, 5, {0}) == 5);
    CHECK(of(FunctionId::clamp_max, 5, {0}) == 0);
    CHECK(of(FunctionId::clamp_max, -5, {0}) == -5);
    CHECK(of(FunctionId::clamp_min, kNaN, {0}) == Same{kNaN});
    CHECK(of(FunctionId::clamp_max, kNaN, {0}) == Same{kNaN});
    CHECK(of(FunctionId::clamp_min, 5, {kNaN}) == Same{kNaN});
    CHECK(of(FunctionId::clamp_max, 5, {kNaN}) == Same{kNaN});
    CHECK(of(FunctionId::clamp_max, 5, {-kInfinity}) == Same{-kInfinity});
    CHECK(of(FunctionId::clamp_min, -0.0, {0}) == Same{0});
    CHECK(of(FunctionId::clamp_max, 0, {-0.0}) == Same{-0.0});
}

TEST_CASE("the calendar: what `date -u` says of the same seconds", "[rules][promql]") {
    struct Case {
        double at;
        double year, month, day, week_day, year_day, days, hour, minute;
    };
    for (const auto& c : std::initializer_list<Case>{
             {0, 1970, 1, 1, 4, 1, 31, 0, 0},
             {-1, 1969, 12, 31, 3, 365, 31, 23, 59},
             {-0.5, 1970, 1, 1, 4, 1, 31, 0, 0},             // cut off towards 0
             {951782399, 2000, 2, 28, 1, 59, 29, 23, 59},    // 2000 is a leap year
             {951782400, 2000, 2, 29, 2, 60, 29, 0, 0},      //
             {978220800, 2000, 12, 31, 0, 366, 31, 0, 0},    //
             {4107542400, 2100, 3, 1, 1, 60, 31, 0, 0},      // 2100 is none
             {1136239445, 2006, 1, 2, 1, 2, 31, 22, 4},      //
             {1230768000, 2009, 1, 1, 4, 1, 31, 0, 0},       // just behind a leap second
             {-2208988800, 1900, 1, 1, 1, 1, 31, 0, 0},      //
             {-62135596801, 0, 12, 31, 0, 366, 31, 23, 59},  // the year before the year 1, a leap year
             {253402300800, 10000, 1, 1, 6, 1, 31, 0, 0}}) {
        CAPTURE(c.at);
        CHECK(of(FunctionId::year, c.at) == c.year);
        CHECK(of(FunctionId::month, c.at) == c.month);
        CHECK(of(FunctionId::day_of_month, c.at) == c.day);
        CHECK(of(FunctionId::day_of_week, c.at) == c.week_day);
        CHECK(of(FunctionId::day_of_year, c.at) == c.year_day);
        CHECK(of(FunctionId::days_in_month, c.at) == c.days);
        CHECK(of(FunctionId::hour, c.at) == c.hour);
        CHECK(of(FunctionId::minute, c.at) == c.minute);
    }
}

TEST_CASE("the calendar: no day is left out or counted twice in 800 years", "[rules][promql]") {
    double year = 1600;
    double month = 1;
    double day = 0;
    double length = 31;
    int wrong = 0;
    for (double at = -11676096000; year < 2400; at += 86'400) {  // from 1600-01-01
        if (day++ == length) {
            day = 1;
            if (month++ == 12) {
                month = 1;
                ++year;
            }
        }
        length = of(FunctionId::days_in_month, at);
        if (of(FunctionId::year, at) != year || of(FunctionId::month, at) != month ||
            of(FunctionId::day_of_month, at) != day)
            ++wrong;
    }
    CHECK(wrong == 0);
}

TEST_CASE("the calendar: what int64 does not hold is what Go on amd64 makes of it", "[rules][promql]") {
    // The smallest int64, which Go's calendar takes for 2^63 seconds after 1970: 292277026596-12-04 15:30:08, a Sunday.
    for (const double value : {kNaN, kInfinity, -kInfinity, 1e19, -1e300, -9223372036854775808.0}) {
        CAPTURE(value);
        CHECK(of(FunctionId::year, value) == 292277026596);
        CHECK(of(FunctionId::month, value) == 12);
        CHECK(of(FunctionId::day_of_month, value) == 4);
        CHECK(of(FunctionId::day_of_week, value) == 0);
        CHECK(of(FunctionId::day_of_year, value) == 339);  // of a leap year
        CHECK(of(FunctionId::days_in_month, value) == 31);
        CHECK(of(FunctionId::hour, value) == 15);
        CHECK(of(FunctionId::minute, value) == 30);
    }
    CHECK(of(FunctionId::year, 9e18) > 2.8e11);
    CHECK(of(FunctionId::year, -9.22e18) < -2.9e11);
    CHECK(of(FunctionId::year, 9223372036854774784.0) == 292277026596);  // the largest double below 2^63
}
