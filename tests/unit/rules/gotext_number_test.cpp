// Numbers in Go's spelling.
#include <catch2/catch.hpp>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>

#include "rules/gotext/number.h"

using namespace outrider::rules::gotext;

namespace {
constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
}  // namespace

TEST_CASE("gotext: parse_float takes what Go's ParseFloat takes", "[rules][gotext]") {
    struct Case {
        const char* text;
        double wanted;
    };
    for (const auto& [text, wanted] : std::initializer_list<Case>{{"1", 1},
                                                                  {"+1.5", 1.5},
                                                                  {"-.5", -0.5},
                                                                  {"5.", 5},
                                                                  {"017", 17},
                                                                  {"1e3", 1000},
                                                                  {"0x1p-2", 0.25},
                                                                  {"-0X1.8p1", -3},
                                                                  {"0x.8p1", 1},
                                                                  {"1_23.50_0e+1_0", 1235e9},
                                                                  {"-0x_1_0.8p0", -16.5},
                                                                  {"+Inf", kInfinity},
                                                                  {"-infinity", -kInfinity},
                                                                  {"iNF", kInfinity}}) {
        CAPTURE(text);
        REQUIRE(parse_float(text));
        CHECK(*parse_float(text) == wanted);
    }
    CHECK(std::isnan(*parse_float("nAn")));
    CHECK(std::signbit(*parse_float("-0")));
}

TEST_CASE("gotext: parse_float takes nothing else", "[rules][gotext]") {
    for (const auto* text :
         {"",     "+",    "-",      "--1",  "+-1",  "+NaN", "-nan", "nan(1)",  "1 ",      " 1",   "1,5",  "0x",
          "0x10", "0xp1", "0x-1p1", "0b1",  "e5",   ".",    "1e",   "1e+",     "infinit", "inff", "1__0", "_1",
          "1_",   "1_.5", "1._5",   "1_e5", "1e_5", "+_1",  "in_f", "0_x1p-2", "0x1_p-2", "1e5_", "0x1p", "1.2.3"}) {
        CAPTURE(text);
        REQUIRE_FALSE(parse_float(text));
        CHECK(parse_float(text).error().text == "invalid syntax");
    }
}

TEST_CASE("gotext: what is too large is refused, what is too small is 0, however they are written", "[rules][gotext]") {
    const std::string zeros(400, '0');
    for (const auto& text : {std::string{"1e999"}, std::string{"-1e999"}, std::string{"0x1p1024"}, "1" + zeros,
                             "1" + zeros + "e-10", "0." + zeros + "1e999", std::string{"1e99999999999999999999"}}) {
        CAPTURE(text);
        REQUIRE_FALSE(parse_float(text));
        CHECK(parse_float(text).error().text == "value out of range");
    }
    for (const auto& text : {std::string{"1e-999"}, std::string{"0x1p-99999"}, "0." + zeros + "1",
                             "0." + zeros + "1e10", "1" + zeros + "e-999", std::string{"1e-99999999999999999999"}}) {
        CAPTURE(text);
        REQUIRE(parse_float(text));
        CHECK(*parse_float(text) == 0);
    }
    CHECK(std::signbit(*parse_float("-1e-999")));
    CHECK(*parse_float("1" + zeros + "e-400") == 1);
    CHECK(*parse_float("5e-324") > 0);
}

TEST_CASE("gotext: parse_integer takes what Go's ParseInt takes with base 0", "[rules][gotext]") {
    struct Case {
        const char* text;
        std::int64_t wanted;
    };
    for (const auto& [text, wanted] : std::initializer_list<Case>{{"0", 0},
                                                                  {"+12", 12},
                                                                  {"-0x1F", -31},
                                                                  {"0X_ff", 255},
                                                                  {"0b101", 5},
                                                                  {"0o17", 15},
                                                                  {"017", 15},
                                                                  {"0_7", 7},
                                                                  {"1_000", 1000},
                                                                  {"9223372036854775807", INT64_MAX},
                                                                  {"-9223372036854775808", INT64_MIN}}) {
        CAPTURE(text);
        CHECK(parse_integer(text) == wanted);
    }
    for (const auto* text : {"", "-", "_", "--1", "1.", "1e3", "1 ", "08", "0b2", "0x", "0x-1", "0_x1",
                             "9223372036854775808", "-9223372036854775809"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_integer(text));
    }
}

TEST_CASE("gotext: parse_number takes an integer, and else a float", "[rules][gotext]") {
    CHECK(*parse_number("017") == 15);
    CHECK(*parse_number("08") == 8);
    CHECK(*parse_number("0x1F") == 31);
    CHECK(*parse_number("-0.5e1") == -5);
    CHECK(*parse_number("9223372036854775808") == 9223372036854775808.0);
    CHECK(*parse_number("007777777777777777777777777") == 7777777777777777777777777.0);  // octal no more
    CHECK(*parse_number("+Inf") == kInfinity);
    CHECK(std::isnan(*parse_number("NaN")));
    for (const auto* text : {"", "-", "x", "1x2", "0x", "1 2", "{} 1", "+-1", "nano"}) CHECK_FALSE(parse_number(text));
}

TEST_CASE("gotext: format_float writes what Go's FormatFloat writes", "[rules][gotext]") {
    struct Case {
        double value;
        char verb;
        int precision;
        const char* wanted;
    };
    for (const auto& [value, verb, precision, wanted] :
         std::initializer_list<Case>{{0.1, 'g', -1, "0.1"},
                                     {123456, 'g', -1, "123456"},
                                     {999999.9999999999, 'g', -1, "999999.9999999999"},
                                     {1e6, 'g', -1, "1e+06"},
                                     {1234567, 'g', -1, "1.234567e+06"},
                                     {1e-4, 'g', -1, "0.0001"},
                                     {5e-5, 'g', -1, "5e-05"},
                                     {-0.0, 'g', -1, "-0"},
                                     {1e100, 'g', -1, "1e+100"},
                                     {0.5, 'f', -1, "0.5"},
                                     {1e-7, 'f', -1, "0.0000001"},
                                     {-1e21, 'f', -1, "-1000000000000000000000"},
                                     {9007199254740994, 'f', -1, "9007199254740994"},
                                     {1.2345678901234568e20, 'f', -1, "123456789012345680000"},
                                     {-1e23, 'f', -1, "-100000000000000000000000"},  // not …99999999999991611392
                                     {1.5, 'f', 6, "1.500000"},
                                     {-1e21, 'f', 6, "-1000000000000000000000.000000"},
                                     {2.5, 'f', 0, "2"},
                                     {1234.5678, 'e', 3, "1.235e+03"},
                                     {1234.5678, 'G', 4, "1235"},
                                     {100, 'g', 2, "1e+02"},
                                     {1, 'x', -1, "0x1p+00"},
                                     {1.9375, 'x', 1, "0x1.fp+00"},
                                     {1.99, 'x', 0, "0x1p+01"},
                                     {1, 'b', -1, "4503599627370496p-52"},
                                     {kInfinity, 'f', 6, "+Inf"},
                                     {-kInfinity, 'g', -1, "-Inf"},
                                     {kNaN, 'e', 2, "NaN"}}) {
        CAPTURE(value, verb, precision);
        CHECK(format_float(value, verb, precision) == wanted);
    }
    const auto longest = format_float(std::numeric_limits<double>::max(), 'f', -1);
    CHECK(longest == "17976931348623157" + std::string(292, '0'));
    CHECK(*parse_float(longest) == std::numeric_limits<double>::max());
}
