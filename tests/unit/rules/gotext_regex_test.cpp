#include <catch2/catch.hpp>

#include "rules/gotext/regex.h"

using namespace outrider::rules::gotext;

TEST_CASE("gotext: Go's other spelling of named groups is RE2's too", "[rules][gotext]") {
    CHECK(re2_pattern("(?<a>x)(?P<b>y)") == "(?P<a>x)(?P<b>y)");
    // Where the parenthesis opens nothing, all stays as it is.
    for (const char* pattern : {"", "\\(?<", "\\", "[(?<]", "[](?<]", "[^](?<]", "[\\](?<]", "[[:alpha:](?<]",
                                "\\Q(?<\\E", "\\Q(?<", "[(?<", "[\\", "[[:", "(?:a)(?i)b"}) {
        CHECK(re2_pattern(pattern) == pattern);
    }
    CHECK(re2_pattern("[[:alpha:]](?<n>") == "[[:alpha:]](?P<n>");
    CHECK(re2_pattern("\\Qa\\E(?<n>") == "\\Qa\\E(?P<n>");
    CHECK(re2_pattern("\\\\(?<n>") == "\\\\(?P<n>");
}
