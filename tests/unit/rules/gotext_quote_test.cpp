// Text in Go's quotes, its escapes, and the characters beneath.
#include <catch2/catch.hpp>
#include <string>

#include "rules/gotext/quote.h"
#include "rules/gotext/utf8.h"

using namespace outrider::rules::gotext;

TEST_CASE("gotext: text is quoted as Go's strconv.Quote does", "[rules][gotext]") {
    CHECK(quote("a\"\\'\n\x01\x7f\xff\u20ac") == "\"a\\\"\\\\'\\n\\x01\\x7f\\xff\u20ac\"");
    // What does not print: a blank without width, one that does not break, a control character, a language tag.
    CHECK(quote("\u200b\u00a0\xc2\x85\U000E0041") == R"("\u200b\u00a0\u0085\U000e0041")");
    CHECK(quote("\uFFFD\xc0\x80") == "\"\uFFFD\\xc0\\x80\"");
    CHECK(quote("\u00e9\U0001F3A5", true) == R"("\u00e9\U0001f3a5")");
}

TEST_CASE("gotext: a character is quoted as Go's strconv.QuoteRune does", "[rules][gotext]") {
    CHECK(quote_rune(U'\'') == "'\\''");
    CHECK(quote_rune(U'"') == "'\"'");
    CHECK(quote_rune(0x200B) == "'\\u200b'");
    CHECK(quote_rune(0xD800) == "'\uFFFD'");
    CHECK(quote_first("\u20ac and more") == "'\u20ac'");
    CHECK(quote_first("\xff") == "'\uFFFD'");
    CHECK(quote_first("") == "'\uFFFD'");
}

TEST_CASE("gotext: a code point is shown as Go's %U and %#U do", "[rules][gotext]") {
    CHECK(code_point(0x71, 4, true) == "U+0071 'q'");
    CHECK(code_point(0x27, 4, true) == "U+0027 '''");
    CHECK(code_point(0x1F3A5, 4, true) == "U+1F3A5 '\U0001F3A5'");
    CHECK(code_point(0x200B, 4, true) == "U+200B");
    CHECK(code_point(0x71, 6, false) == "U+000071");
}

TEST_CASE("gotext: an escape is read as Go reads it", "[rules][gotext]") {
    using enum Escape::Problem;
    struct Case {
        const char* text;
        Escape::Problem problem;
        char32_t code;
        bool is_byte;
        std::size_t length;
    };
    for (const auto& [text, problem, code, is_byte, length] :
         std::initializer_list<Case>{{"n rest", none, U'\n', false, 1},
                                     {"v", none, U'\v', false, 1},
                                     {"\\", none, U'\\', false, 1},
                                     {"\"", none, U'"', false, 1},
                                     {"x41", none, 0x41, true, 3},
                                     {"xfF", none, 0xFF, true, 3},
                                     {"3770", none, 0xFF, true, 3},
                                     {"u00e9", none, 0xE9, false, 5},
                                     {"U0001F3A5", none, 0x1F3A5, false, 9},
                                     {"", cut_off, 0, false, 0},
                                     {"x", cut_off, 0, false, 1},
                                     {"u00", cut_off, 0, false, 3},
                                     {"1", cut_off, 0, false, 1},
                                     {"'", unknown, 0, false, 0},
                                     {"q", unknown, 0, false, 0},
                                     {"8", unknown, 0, false, 0},
                                     {"x4g", bad_digit, 0, false, 2},
                                     {"08", bad_digit, 0, false, 1},
                                     {"400", bad_code, 0, false, 0},
                                     {"ud800", bad_code, 0, false, 0},
                                     {"Uffffffff", bad_code, 0, false, 0}}) {
        CAPTURE(text);
        const auto escape = read_escape(text, '"');
        CHECK(escape.problem == problem);
        CHECK(escape.code == code);
        CHECK(escape.is_byte == is_byte);
        CHECK(escape.length == length);
    }
}

TEST_CASE("gotext: characters are those of UTF-8, and what is none is one byte", "[rules][gotext]") {
    for (const auto* text : {"", "plain", "\u00e9\u20ac\U0001F3A5", "\uFFFD", "\U0010FFFF", "\u0800", "\uE000"})
        CHECK(is_utf8(text));
    // A tail alone, a head alone, too long a form, a surrogate, beyond the last one.
    for (const auto* text : {"\x80", "a\xc3", "\xe2\x82", "\xc0\x80", "\xe0\x9f\xbf", "\xf0\x8f\xbf\xbf",
                             "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff"}) {
        CAPTURE(text);
        CHECK_FALSE(is_utf8(text));
    }
    CHECK(decode("\xe2\x82").width == 1);
    CHECK(decode("").width == 0);
    CHECK(count_runes("\u20ac\xe2\x82") == 3);
    CHECK(first_runes("\u20ac\xff!", 2) == "\u20ac\xff");
}
