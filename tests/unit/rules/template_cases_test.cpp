// The table of templates/cases.txt, which promtool agrees with: text, and what becomes of it.
#include <catch2/catch.hpp>
#include <fstream>
#include <string>

#include "rules/template.h"

namespace outrider::rules {
namespace {

/// ⏎ stands for a newline.
std::string unfolded(std::string text) {
    constexpr std::string_view mark = "⏎";
    for (auto at = text.find(mark); at != std::string::npos; at = text.find(mark, at))
        text.replace(at, mark.size(), "\n");
    return text;
}

TEST_CASE("template: the table of cases that Prometheus agrees with", "[rules][template]") {
    const Labels labels{{"instance", "host-1.example.com:9100"},
                        {"job", "edge"},
                        {"note", "<a & 'b'>"},
                        {"pop", "sin1"},
                        {"stream", "demo"}};
    const Labels external{{"region", "asia"}};
    std::ifstream table{OUTRIDER_TEST_DIR "/templates/cases.txt"};
    REQUIRE(table);
    int cases = 0;
    for (std::string line; std::getline(table, line);) {
        if (line.empty() || line.front() == '#') continue;
        const auto blank = line.find(' ');
        REQUIRE(blank != std::string::npos);
        const double value = std::stod(line.substr(0, blank));
        const auto text = unfolded(line.substr(blank + 1));
        std::string wanted;
        REQUIRE(std::getline(table, wanted));
        REQUIRE_FALSE(wanted.empty());
        const char kind = wanted.front();
        wanted = unfolded(wanted.substr(std::min<std::size_t>(2, wanted.size())));
        ++cases;
        CAPTURE(line, wanted);
        const auto parsed = Template::parse(text);
        if (kind == '?') {
            REQUIRE(!parsed);
            CHECK_THAT(parsed.error().text, Catch::StartsWith("at offset ") && Catch::Contains(wanted));
            continue;
        }
        if (!parsed) FAIL(parsed.error().text);
        const auto got = parsed->expand({labels, external, "http://monitor.example.com:9090/prefix", value});
        if (kind == '!') {
            CHECK_THAT(got, Catch::StartsWith("<error expanding template: at offset ") && Catch::Contains(wanted));
        } else {
            REQUIRE(kind == '=');
            CHECK(got == wanted);
        }
    }
    CHECK(cases > 150);
}

}  // namespace
}  // namespace outrider::rules
