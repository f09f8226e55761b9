// Strings and numbers in Go's spelling.
#include <catch2/catch.hpp>

#include "rules/promql/functions/text.h"
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

TEST_CASE("go_quoted: escapes what does not print, and bytes that are no UTF-8", "[rules][promql]") {
    CHECK(go_quoted("plain") == R"("plain")");
    CHECK(go_quoted("a\"b\\c") == R"("a\"b\\c")");
    CHECK(go_quoted("\n\t\r\a\b\f\v") == R"("\n\t\r\a\b\f\v")");
    CHECK(go_quoted(std::string_view{"\0\x1f\x7f", 3}) == R"("\x00\x1f\x7f")");
    CHECK(go_quoted("\xc3\xa9 \xe4\xb8\xad \xf0\x9f\x98\x80") == "\"\xc3\xa9 \xe4\xb8\xad \xf0\x9f\x98\x80\"");
    CHECK(go_quoted("\xff\xc3") == R"("\xff\xc3")");
}

TEST_CASE("go_fixed: six digits behind the point", "[rules][promql]") {
    CHECK(go_fixed(1.5) == "1.500000");
    CHECK(go_fixed(-1e21) == "-1000000000000000000000.000000");
    CHECK(go_fixed(-kInfinity) == "-Inf");
    CHECK(go_fixed(kNaN) == "NaN");
}

TEST_CASE("a label's name may be any UTF-8, but not empty", "[rules][promql]") {
    CHECK(is_utf8_label_name("a"));
    CHECK(is_utf8_label_name("with space"));
    CHECK(is_utf8_label_name("\xe4\xb8\xad"));
    CHECK_FALSE(is_utf8_label_name(""));
    CHECK_FALSE(is_utf8_label_name("\xff"));
    CHECK_FALSE(is_utf8_label_name("a\xc3"));
    CHECK_FALSE(is_utf8_label_name("\xc0\x80"));          // longer than it need be
    CHECK_FALSE(is_utf8_label_name("\xed\xa0\x80"));      // half of a pair
    CHECK_FALSE(is_utf8_label_name("\xf4\x90\x80\x80"));  // beyond the last code point
}
