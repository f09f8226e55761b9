#include <catch2/catch.hpp>
#include <cmath>

#include "rules/gotext/quote.h"
#include "rules/promql/lexer.h"

using namespace outrider;
using namespace outrider::rules;
using namespace outrider::rules::promql;

namespace {
std::vector<TokenKind> kinds(std::string_view text) {
    std::vector<TokenKind> found;
    for (const auto& token : tokenize(text)) found.push_back(token.kind);
    return found;
}
std::string error(std::string_view text) {
    const auto tokens = tokenize(text);
    INFO(text);
    REQUIRE(tokens.back().kind == TokenKind::error);
    return std::to_string(tokens.back().offset) + ": " + tokens.back().value;
}
double number(std::string_view text) {
    const auto tokens = tokenize(text);
    INFO(text << " " << tokens.back().value);
    REQUIRE(tokens.size() == 2);
    REQUIRE((tokens[0].kind == TokenKind::number || tokens[0].kind == TokenKind::duration));
    return tokens[0].amount;
}
std::string string(std::string_view text) {
    const auto tokens = tokenize(text);
    INFO(text << " " << tokens.back().value);
    REQUIRE(tokens.size() == 2);
    REQUIRE(tokens[0].kind == TokenKind::string);
    return tokens[0].value;
}
}  // namespace

TEST_CASE("promql lexer: numbers are those of Go's strconv", "[rules][promql]") {
    CHECK(number("1") == 1);
    CHECK(number("2.") == 2);
    CHECK(number(".5") == 0.5);
    CHECK(number("1e3") == 1000);
    CHECK(number("1.5E-3") == 0.0015);
    CHECK(number("0x1F") == 31);
    CHECK(number("0X_ff") == 255);
    CHECK(number("017") == 15);
    CHECK(number("08") == 8);
    CHECK(number("0_7") == 7);
    CHECK(number("1_000.5_0") == 1000.5);
    CHECK(number("9223372036854775808") == 9223372036854775808.0);
    CHECK(number("007777777777777777777777777") == 7777777777777777777777777.0);  // octal no more
    CHECK(number("1e-400") == 0);
    CHECK(number("5e-324") > 0);
    CHECK(std::isinf(number("iNf")));
    CHECK(std::isnan(number("NaN")));
}

TEST_CASE("promql lexer: durations are numbers of seconds", "[rules][promql]") {
    CHECK(number("5m") == 300);
    CHECK(number("1h30m") == 5400);
    CHECK(number("1y2w3d4h5m6s7ms") == 31536000.0 + 2 * 604800 + 3 * 86400 + 4 * 3600 + 5 * 60 + 6.007);
    CHECK(number("0s") == 0);
    CHECK(tokenize("5m")[0].kind == TokenKind::duration);
    CHECK(tokenize("300")[0].kind == TokenKind::number);
}

TEST_CASE("promql lexer: a bad number or duration is shown", "[rules][promql]") {
    CHECK(error("5x") == "0: bad number or duration syntax: \"5\"");
    CHECK(error("a + 30mx") == "4: bad number or duration syntax: \"30mx\"");
    CHECK(error("1.2.3") == "0: bad number or duration syntax: \"1.2.\"");
    CHECK(error("1.5m") == "0: not a valid duration string: \"1.5m\"");
    CHECK(error("5m3h") == "0: not a valid duration string: \"5m3h\"");
    CHECK(error("5m5m") == "0: not a valid duration string: \"5m5m\"");
    CHECK(error("300000y") == "0: duration out of range");
    CHECK(error("99999999999999999999s") == "0: duration out of range");
    CHECK(error("1e") == "0: error parsing number: strconv.ParseFloat: parsing \"1e\": invalid syntax");
    CHECK(error("1__0") == "0: error parsing number: strconv.ParseFloat: parsing \"1__0\": invalid syntax");
    CHECK(error("1_") == "0: error parsing number: strconv.ParseFloat: parsing \"1_\": invalid syntax");
    CHECK(error("0x") == "0: error parsing number: strconv.ParseFloat: parsing \"0x\": invalid syntax");
    CHECK(error("1e400") == "0: error parsing number: strconv.ParseFloat: parsing \"1e400\": value out of range");
    CHECK(error("0xfffffffffffffffff") ==
          "0: error parsing number: strconv.ParseFloat: parsing \"0xfffffffffffffffff\": invalid syntax");
}

TEST_CASE("promql lexer: strings have Go's escapes", "[rules][promql]") {
    CHECK(string(R"("a\a\b\f\n\r\t\v\\\"'z")") == "a\a\b\f\n\r\t\v\\\"'z");
    CHECK(string(R"('it\'s "x"')") == "it's \"x\"");
    CHECK(string("`raw \\n \"'\n`") == "raw \\n \"'\n");
    CHECK(string(R"("\x41\101\u00e9\U0001F3A5\377")") == "AA\u00e9\U0001F3A5\xff");
    CHECK(string("\"\u20ac\"") == "\u20ac");
    CHECK(string("\"a#b\"") == "a#b");
}

TEST_CASE("promql lexer: a bad string is shown where it goes wrong", "[rules][promql]") {
    CHECK(error("\"abc") == "0: unterminated quoted string");
    CHECK(error("x + 'abc\n'") == "4: unterminated quoted string");
    CHECK(error("`abc") == "0: unterminated raw string");
    CHECK(error(R"("a\q")") == "2: unknown escape sequence U+0071 'q'");
    CHECK(error(R"("a\'")") == "2: unknown escape sequence U+0027 '''");
    CHECK(error("\"\\\u20ac\"") == "1: unknown escape sequence U+20AC '\u20ac'");
    CHECK(error("\"\\") == "1: escape sequence not terminated");
    CHECK(error("\"\\x4") == "1: escape sequence not terminated");
    CHECK(error(R"("\x4g")") == "1: illegal character U+0067 'g' in escape sequence");
    CHECK(error(R"("\400")") == "1: escape sequence is an invalid Unicode code point");
    CHECK(error(R"("\ud800")") == "1: escape sequence is an invalid Unicode code point");
    CHECK(error(R"("\U00110000")") == "1: escape sequence is an invalid Unicode code point");
    CHECK(error("\"a\xff\"") == "2: invalid UTF-8 rune");
    CHECK(error("\"\xc0\x80\"") == "1: invalid UTF-8 rune");
}

TEST_CASE("promql lexer: words are keywords in any case, and labels between braces", "[rules][promql]") {
    using enum TokenKind;
    CHECK(kinds("sum BY Without oFFset a:b :c _x") ==
          std::vector{aggregator, kw_by, kw_without, kw_offset, metric_identifier, metric_identifier, identifier, end});
    CHECK(kinds("x{sum=\"\",by!~''}[5m:] # comment") ==
          std::vector{identifier, left_brace, identifier, assign, string, comma, identifier, match_not_regex, string,
                      right_brace, left_bracket, duration, colon, right_bracket, end});
    CHECK(kinds("=====!=<=<>>=^%/*@atan2") == std::vector{equal, equal, assign, not_equal, less_equal, less, greater,
                                                          greater_equal, pow, mod, div, mul, at, atan2, end});
}

TEST_CASE("promql lexer: a character that fits nowhere is shown", "[rules][promql]") {
    CHECK(error("a ? b") == "2: unexpected character: '?'");
    CHECK(error("a \u20ac b") == "2: unexpected character: '\u20ac'");
    CHECK(error("a \xff") == "2: unexpected character: '\uFFFD'");
    CHECK(error("a ! b") == "2: unexpected character after '!': ' '");
    CHECK(error("a =~ b") == "2: unexpected character after '=': '~'");
    CHECK(error("a{b~\"c\"}") == "3: unexpected character inside braces: '~'");
    CHECK(error("a{b!\"c\"}") == "3: unexpected character after '!' inside braces: '\"'");
    CHECK(error("a{b{") == "3: unexpected left brace '{'");
    CHECK(error("a{b") == "3: unexpected end of input inside braces");
    CHECK(error("(a") == "2: unclosed left parenthesis");
    CHECK(error("a)") == "1: unexpected right parenthesis ')'");
    CHECK(error("a[5m") == "4: unclosed left bracket");
    CHECK(error("a[") == "2: unexpected end of input in duration expression");
    CHECK(error("a[5m[") == "4: unexpected left bracket '['");
    CHECK(error("a]") == "1: unexpected right bracket ']'");
    CHECK(error("a[:5m]") == "2: unexpected colon before duration in duration expression");
    CHECK(error("a[foo]") == "2: unexpected character in duration expression: 'f'");
    CHECK(error("a[(foo]") == "3: unexpected character in duration expression: 'f'");
    CHECK(error("a['5m']") == "2: unexpected character in duration expression: '\\''");
    CHECK(error("a[@]") == "2: unexpected character in duration expression: '@'");
    CHECK(error("(a[(") == "4: unexpected end of input in duration expression");
    CHECK(error("(a[5m") == "5: unclosed left parenthesis");
    CHECK(error("a[5m foo]") == "5: unexpected character: 'f', expected ':'");
    CHECK(error("a[5m] + a[foo]") == "10: unexpected character in duration expression: 'f'");
}

TEST_CASE("promql lexer: what is quoted reads back", "[rules][promql]") {
    std::string all;
    for (int c = 0; c < 256; ++c) all += static_cast<char>(c);
    all += "\u00e9\u200b\U0001F3A5\U000E0041";
    CHECK(string(gotext::quote(all)) == all);
}
