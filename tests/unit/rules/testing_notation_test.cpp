// How tests of rules write series.
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

#include "rules/series.h"
#include "rules/testing/comparison.h"
#include "rules/testing/series_notation.h"

using namespace outrider;
using namespace outrider::rules;
using namespace outrider::rules::testing;

namespace {

std::string values_of(std::string_view text) {
    const auto parsed = parse_values(text);
    if (const auto* error = std::get_if<NotationError>(&parsed))
        return std::to_string(error->offset) + ": " + error->message;
    const auto& values = std::get<Values>(parsed);
    return values_text(values.points) + (values.histograms.empty() ? "" : " (histogram)");
}

}  // namespace

TEST_CASE("test series: values are read as promtool reads them", "[rules][testing]") {
    // What promtool 2.42 makes of each, told by count_over_time and sum_over_time; errors at the same place.
    const auto [text, wanted] = GENERATE(table<std::string, std::string>({
        {"", ""},
        {"5", "5"},
        {"1+2x3", "1 3 5 7"},
        {"-2-3x2", "-2 -5 -8"},
        {"4x2", "4 4 4"},
        {"2x0", "2"},
        {"_", "_"},
        {"_x3", "_ _ _"},
        {"_x0", ""},
        {"  1\t _  stale 2 ", "1 _ stale 2"},
        {"1e3x1 .5 -.25e1 5.", "1000 1000 0.5 -2.5 5"},
        {"NaN nan Inf +inf -Inf", "NaN NaN +Inf +Inf -Inf"},
        {"Inf+1x2", "+Inf +Inf +Inf"},
        {"0x5", "0 0 0 0 0 0"},
        {"010 09 1_000 0_7 010+01x2", "8 9 1000 7 8 9 10"},  // Go's strconv: octal behind a 0
        {"0.1+0.1x2", "0.1 0.2 0.30000000000000004"},
        {"1 {{schema:3 sum:4 count:4 buckets:[1 2 1]}} 2", "1 _ 2 (histogram)"},
        {"{{schema:1 count:1}}x2", "_ _ _ (histogram)"},
        {"{{count:1}}+{{count:2}}x2 7", "_ _ _ 7 (histogram)"},
    }));
    CHECK(values_of(text) == wanted);
}

TEST_CASE("test series: what promtool refuses is refused, with its place", "[rules][testing]") {
    const auto [text, wanted] = GENERATE(table<std::string, std::string>({
        {"1 x2", "2: want a number, _ or stale, got \"x2\""},
        {"1-2", "3: want x and a number of repetitions behind the step, got the end"},
        {"5 5x-1", "4: want a number of repetitions below 1000000, got \"-1\""},
        {"1,2", "1: want a space between values, got \",2\""},
        {"1_", "0: want a number that a double can hold, got \"1_\""},
        {"1__0", "0: want a number that a double can hold, got \"1__0\""},
        {"0b1", "1: want a space between values, got \"b1\""},
        {"Infinity", "0: want a number, _ or stale, got \"Infinity\""},
        {"1+2x3+1", "5: want a space between values, got \"+1\""},
        {"- 3", "1: want a number, _ or stale, got \" 3\""},
        {"stalex3", "0: want a number, _ or stale, got \"stalex3\""},
        {"-stale", "1: want a number, _ or stale, got \"stale\""},
        {"1 NaNx3", "2: want a number, _ or stale, got \"NaNx3\""},
        {"0x1F", "3: want a space between values, got \"F\""},
        {"1e999", "0: want a number that a double can hold, got \"1e999\""},
        {"{{schema:1", "0: want }} at the end of a native histogram, got \"{{schema:1\""},
        {"1x99999999999999999999", "2: want a number of repetitions below 1000000, got \"99999999999999999999\""},
        {"1x999999 1", "10: want at most 1000000 values in a series, got the end"},
    }));
    CHECK(values_of(text) == wanted);
}

TEST_CASE("test series: a series ends where its braces do, whatever is in quotes", "[rules][testing]") {
    const auto parsed = parse_test_series(R"(m{a="x } y", b="\"}"} 1+1x2)");
    const auto* series = std::get_if<TestSeries>(&parsed);
    REQUIRE(series != nullptr);
    CHECK(series->labels == Labels{{"__name__", "m"}, {"a", "x } y"}, {"b", "\"}"}});
    CHECK(values_text(series->values.points) == "1 2 3");
    CHECK(std::get<TestSeries>(parse_test_series("m 7")).labels == Labels{{"__name__", "m"}});
    CHECK(std::get<TestSeries>(parse_test_series("{} 7")).labels.empty());
    CHECK(std::get<NotationError>(parse_test_series("m{a=\"b\"} 7 x")).offset == 11);
    CHECK(std::holds_alternative<NotationError>(parse_test_series("m{a=\"b 7")));
}

TEST_CASE("comparison: within a millionth, and what has no distance equals itself", "[rules][testing]") {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    const double infinity = std::numeric_limits<double>::infinity();
    CHECK(almost_equal(1e9, 1e9 + 100, 1e-6));
    CHECK_FALSE(almost_equal(1e9, 1e9 + 10'000, 1e-6));
    CHECK(almost_equal(-3, -3.000001, 1e-6));
    CHECK_FALSE(almost_equal(0, 1e-300, 1e-6));
    CHECK(almost_equal(0, -0.0, 1e-6));
    CHECK(almost_equal(nan, -nan, 1e-6));
    CHECK(almost_equal(infinity, infinity, 1e-6));
    CHECK_FALSE(almost_equal(infinity, -infinity, 1e-6));
    CHECK_FALSE(almost_equal(infinity, 1e308, 1e-6));
    CHECK_FALSE(almost_equal(nan, 0, 1e-6));
    CHECK(almost_equal(kStale, kStale, 1e-6));
    CHECK_FALSE(almost_equal(kStale, nan, 1e-6));
}

TEST_CASE("comparison: a unit test wants the very number, a fuzzy one takes its neighbour", "[rules][testing]") {
    const double third = 1.0 / 3;
    const double next = std::nextafter(third, 1.0);
    CHECK(same_value(third, third, false));
    CHECK_FALSE(same_value(third, next, false));
    CHECK(same_value(third, next, true));
    CHECK(same_value(next, third, true));
    CHECK_FALSE(same_value(third, std::nextafter(next, 1.0), true));
    CHECK(same_value(std::nan(""), std::nan(""), false));
}

TEST_CASE("comparison: a difference is one sorted list that marks who says what", "[rules][testing]") {
    const std::vector<Line> expected{{"b", "1"}, {"a", "2"}, {"c", "3"}};
    const std::vector<Line> got{{"c", "4"}, {"b", "1"}};
    CHECK(difference(expected, got, {{0, 1}}) ==
          "    expected (-), got (+):\n    - a 2\n      b 1\n    - c 3\n    + c 4\n");
    CHECK(difference({}, got, {}) == "    expected nothing, got (+):\n    + b 1\n    + c 4\n");
    CHECK(difference(expected, {}, {}) == "    expected (-), got nothing:\n    - a 2\n    - b 1\n    - c 3\n");
}
