// What templates of rules add to the table of cases: what is refused, where errors stand, and what the convenience
// does.
#include "rules/template.h"

#include <catch2/catch.hpp>

namespace outrider::rules {
namespace {

TEST_CASE("template: text without actions is itself", "[rules][template]") {
    for (const auto* text : {"", "critical", "no action } }}", "{ {", "100 %"})
        CHECK(Template::parse(text).value().expand({}, 1) == text);
}

TEST_CASE("template: what is not supported is refused by name and place", "[rules][template]") {
    struct Row {
        std::string_view text;
        std::string error;
    };
    const std::string query = " is not supported: a template here sees its own element only, and can ask no query";
    for (const auto& [text, error] : {
             Row{R"({{ query "up" }})", "at offset 3: query" + query},
             Row{R"(a {{ with query "up" }}x{{ end }})", "at offset 10: query" + query},
             Row{R"({{ . | first | value }})", "at offset 7: first" + query},
             Row{R"({{ 1 | value }})", "at offset 7: value" + query},
             Row{R"({{ label "x" . }})", "at offset 3: label" + query},
             Row{R"({{ strvalue . }})", "at offset 3: strvalue" + query},
             Row{R"({{ sortByLabel "x" . }})", "at offset 3: sortByLabel" + query},
             Row{R"({{ template "x" }})", "at offset 3: template is not supported: a template here is one piece"},
             Row{R"({{ define "x" }}{{ end }})", "at offset 3: define is not supported: a template here is one piece"},
             Row{R"({{ block "x" . }}{{ end }})", "at offset 3: block is not supported: a template here is one piece"},
             Row{R"({{ tmpl "x" . }})", "at offset 3: tmpl is not supported: a template here is one piece"},
             Row{R"({{ call . }})", "at offset 3: call is not supported: no value here is a function"},
             Row{R"({{ now }})",
                 "at offset 3: now is not supported: a template here is expanded again only when its element changes"},
             Row{R"({{ ($value | toTime).Format "15:04" }})",
                 R"(at offset 20: ".Format" of a time is not supported: humanizeTimestamp shows it)"},
             Row{R"({{ 1i }})", R"(at offset 3: want a number, got "1i")"},
         }) {
        const auto parsed = Template::parse(text);
        CAPTURE(text);
        REQUIRE(!parsed);
        CHECK(parsed.error().text == error);
    }
}

TEST_CASE("template: a failing expansion shows where and why", "[rules][template]") {
    CHECK(Template::parse("late: {{ humanize $labels.pop }}").value().expand({{"pop", "sin1"}}, 1) ==
          R"(<error expanding template: at offset 9: humanize: parsing "sin1": invalid syntax>)");
    CHECK(Template::parse("{{ $value | printf }}").value().expand({}, 1) ==
          "<error expanding template: at offset 12: printf: wrong type of argument 1: want string, got float64>");
    CHECK(Template::parse("{{ nil }}").value().expand({}, 1) ==
          "<error expanding template: at offset 3: nil is not a command>");
}

TEST_CASE("template: a number as text is what Go's ParseFloat takes", "[rules][template]") {
    CHECK(Template::parse(R"({{ humanize "1_000" }} {{ humanize "iNf" }})").value().expand({}, 1) == "1k +Inf");
    CHECK(Template::parse(R"({{ humanize "+NaN" }})").value().expand({}, 1) ==
          R"(<error expanding template: at offset 3: humanize: parsing "+NaN": invalid syntax>)");
    CHECK(Template::parse(R"({{ humanize "1e999" }})").value().expand({}, 1) ==
          R"(<error expanding template: at offset 3: humanize: parsing "1e999": value out of range>)");
}

TEST_CASE("template: named groups have both of Go's spellings, the second since 1.22", "[rules][template]") {
    CHECK(Template::parse("{{ reReplaceAll `(?<n>b)(?P<m>c)` `$m${n}` `abcd` }}").value().expand({}, 1) == "acbd");
    CHECK(Template::parse("{{ match `(?<n>b)` `abc` }}").value().expand({}, 1) == "true");
}

TEST_CASE("template: the URL of this daemon and its path", "[rules][template]") {
    struct Row {
        std::string_view url;
        std::string_view path;
    };
    const auto parsed = Template::parse("{{ externalURL }} {{ pathPrefix }}").value();
    for (const auto& [url, path] : {Row{"http://a.example:1/b/c", "/b/c"}, Row{"http://a.example", ""},
                                    Row{"http://a.example/?x=/y", "/"}, Row{"", ""}})
        CHECK(parsed.expand({{}, {}, url, 1}) == std::string{url} + " " + std::string{path});
}

TEST_CASE("template: a range over a number, and else with, are those of Go since 1.24", "[rules][template]") {
    CHECK(Template::parse("{{ range $i := 3 }}{{ $i }}{{ . }} {{ end }}").value().expand({}, 1) == "00 11 22 ");
    CHECK(Template::parse("{{ range 0 }}x{{ else }}none{{ end }}").value().expand({}, 1) == "none");
    CHECK(Template::parse("{{ with 0 }}x{{ else with 2 }}{{ . }}{{ end }}").value().expand({}, 1) == "2");
}

TEST_CASE("template: copies expand alike", "[rules][template]") {
    const auto first = Template::parse("{{ $labels.pop }} {{ $value }}").value();
    const auto second = first;  // NOLINT(performance-unnecessary-copy-initialization): it is what is tested
    CHECK(second.expand({{"pop", "sin1"}}, 2.5) == "sin1 2.5");
    CHECK(first.expand({{"pop", "fra2"}}, 1e6) == "fra2 1e+06");
}

}  // namespace
}  // namespace outrider::rules
