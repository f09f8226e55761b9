// Numbers in Go's spelling.
#include <catch2/catch.hpp>

#include "rules/promql/functions/go_numbers.h"
#include "unit/rules/promql_calls.h"

using namespace outrider::rules::promql;
using namespace outrider::rules::promql::test;

TEST_CASE("go_float: what Go's ParseFloat takes, and nothing else", "[rules][promql]") {
    struct Case {
        const char* text;
        std::optional<double> wanted;
    };
    for (const auto& [text, wanted] : std::initializer_list<Case>{{"1", 1},
                                                                  {"+1.5", 1.5},
                                                                  {"-.5", -0.5},
                                                                  {"5.", 5},
                                                                  {"1e3", 1000},
                                                                  {"0x1p-2", 0.25},
                                                                  {"-0X1.8p1", -3},
                                                                  {"+Inf", kInfinity},
                                                                  {"-infinity", -kInfinity},
                                                                  {"iNF", kInfinity},
                                                                  {"1e-999", 0},
                                                                  {"", std::nullopt},
                                                                  {"+", std::nullopt},
                                                                  {"--1", std::nullopt},
                                                                  {"+-1", std::nullopt},
                                                                  {"+NaN", std::nullopt},
                                                                  {"nan(1)", std::nullopt},
                                                                  {"1 ", std::nullopt},
                                                                  {" 1", std::nullopt},
                                                                  {"1,5", std::nullopt},
                                                                  {"1e999", std::nullopt},
                                                                  {"0x10", std::nullopt},
                                                                  {"0xp1", std::nullopt},
                                                                  {"0x-1p1", std::nullopt},
                                                                  {"e5", std::nullopt},
                                                                  {".", std::nullopt},
                                                                  {"1e", std::nullopt},
                                                                  {"infinit", std::nullopt}}) {
        CAPTURE(text);
        CHECK(go_float(text) == wanted);
    }
    CHECK(go_float("nAn").value() == Same{kNaN});
}

TEST_CASE("go_fixed: six digits behind the point", "[rules][promql]") {
    CHECK(go_fixed(1.5) == "1.500000");
    CHECK(go_fixed(-1e21) == "-1000000000000000000000.000000");
    CHECK(go_fixed(-kInfinity) == "-Inf");
    CHECK(go_fixed(kNaN) == "NaN");
}
