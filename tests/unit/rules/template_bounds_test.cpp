// Templates that want too much: of memory, time or depth. Each ends in an error in place of the text, and soon.
#include <catch2/catch.hpp>
#include <string>

#include "rules/template.h"

namespace outrider::rules {
namespace {

std::string repeated(std::size_t count, std::string_view text) {
    std::string all;
    for (std::size_t i = 0; i < count; ++i) all += text;
    return all;
}

std::string expanded(const std::string& text, const Labels& labels = {{"pop", "sin1"}}) {
    const auto parsed = Template::parse(text);
    if (!parsed) FAIL(parsed.error().text);
    return parsed->expand(labels, 1.5);
}

Labels many_labels(int count) {
    Labels labels;
    for (int i = 0; i < count; ++i) labels.set("label" + std::to_string(i), "x");
    return labels;
}

TEST_CASE("template: a text of 64 KiB is the longest, with actions or without", "[rules][template]") {
    const std::string longest(std::size_t{64} << 10, 'x');
    CHECK(expanded(longest) == longest);
    for (const auto& text : {longest + "x", "{{ $value }}" + longest})
        CHECK_THAT(Template::parse(text).error().text,
                   Catch::StartsWith("want a template of at most 65536 bytes, got 655"));
}

TEST_CASE("template: a hundred blocks and parentheses may stand in each other", "[rules][template]") {
    const auto blocks = [](std::size_t n) { return repeated(n, "{{ if true }}") + "x" + repeated(n, "{{ end }}"); };
    const auto groups = [](std::size_t n) { return "{{ " + repeated(n, "(") + "1" + repeated(n, ")") + " }}"; };
    CHECK(expanded(blocks(100)) == "x");
    CHECK(expanded(groups(100)) == "1");
    const auto* const wanted = "want at most 100 blocks and parentheses in each other";
    CHECK_THAT(Template::parse(blocks(101)).error().text, Catch::Contains(wanted));
    CHECK_THAT(Template::parse(groups(101)).error().text, Catch::Contains(wanted));
    CHECK_THAT(Template::parse(repeated(60, "{{ with 1 }}") + groups(50)).error().text, Catch::Contains(wanted));
    CHECK_THAT(Template::parse(repeated(5000, "{{ range . }}")).error().text, Catch::Contains(wanted));
    CHECK_THAT(Template::parse("{{ " + repeated(60000, "(") + "}}").error().text, Catch::Contains(wanted));
}

TEST_CASE("template: a long chain of else if is not deep", "[rules][template]") {
    CHECK(expanded("{{ if false }}" + repeated(2000, "{{ else if false }}a") + "{{ else }}b{{ end }}") == "b");
}

TEST_CASE("template: what grows without end becomes an error", "[rules][template]") {
    const std::string error = "<error expanding template: ";
    const std::string twice = R"({{ $x = printf "%s%s" $x $x }})";
    const std::vector<std::string> texts{
        R"({{ $x := "ab" }})" + repeated(40, twice) + "{{ $x }}",
        R"({{ $x := printf "%1000000d" 1 }})" + repeated(200, "{{ $x }}"),
        R"({{ $x := printf "%1000000d" 1 }})" + repeated(1000, "{{ $y := $x }}"),
        R"({{ $x := printf "%1000000d" 1 }}{{ print)" + repeated(10000, " $x") + " }}",
        R"({{ $x := printf "%1000000d" 1 }}{{ html (urlquery (js $x)) | html | html }}{{ $x }}{{ $x }})",
        R"({{ printf ")" + repeated(200, "%999999[1]d") + R"(" 1 }})",
        R"({{ printf "%9000000.9000000f" 0.1 }})",
        R"({{ range 1000000000000 }}x{{ end }})",
        R"({{ range 1000000000000 }}{{ end }})",
        R"({{ range 1000 }}{{ range 1000 }}{{ range 1000 }}{{ end }}{{ end }}{{ end }})",
        R"({{ $x := args 1 }})" + repeated(31, "{{ $x = args $x $x }}") + "{{ $x }}",
        R"({{ $x := args 1 }})" + repeated(33, "{{ $x = args $x }}") + "{{ len $x }}",
        R"({{ $x := args 1 }}{{ range 100000 }}{{ $x = args $x }}{{ end }})",
        R"({{ $x := printf "%100000d" 1 }}{{ reReplaceAll "" $x $x }})",
    };
    for (const auto& text : texts) {
        const auto got = expanded(text);
        CAPTURE(text.substr(0, 100), got.substr(0, 100));
        CHECK(got.substr(0, error.size()) == error);
        CHECK(got.size() < 400);
    }
    const auto nested = repeated(20, "{{ range $labels }}") + "x" + repeated(20, "{{ end }}");
    CHECK_THAT(expanded(nested, many_labels(30)), Catch::StartsWith(error));
}

TEST_CASE("template: a hostile regular expression is refused or given up", "[rules][template]") {
    const std::string error = "<error expanding template: ";
    const std::string text = R"({{ $x := printf "%01000000d" 1 }})";
    for (const std::string pattern : {"0.*y|0", "(0|00)*y|.", "(0?){100}y|(0)", "[^x]*x|(.)(.)(.)"}) {
        const auto got = expanded(text + R"({{ reReplaceAll ")" + pattern + R"(" "$1" $x }})");
        CAPTURE(pattern, got.substr(0, 200));
        CHECK(got.substr(0, error.size()) == error);
    }
    CHECK_THAT(expanded(R"({{ match "((a{100}){100}){100}" "" }})"), Catch::Contains("regular expression: "));
    CHECK_THAT(expanded(R"({{ match ")" + repeated(33, "(a)") + R"(" "" }})"),
               Catch::Contains("want a regular expression of at most 32 groups"));
    CHECK_THAT(expanded(R"({{ range 100000 }}{{ $x := match "a{500}" "b" }}{{ end }})"),
               Catch::Contains("too much work"));
    CHECK_THAT(expanded(R"({{ match ")" + repeated(10000, "\\\\pL") + R"(" "" }})"),
               Catch::Contains("pattern too large"));
}

TEST_CASE("template: many variables and operands cost what they are, not their square", "[rules][template]") {
    std::string text;
    for (int i = 0; i < 3000; ++i) text += "{{ $v" + std::to_string(i) + " := 1 }}";
    CHECK(expanded(text + "{{ $v7 }}") == "1");
    CHECK(expanded("{{ len (print" + repeated(20000, " 12") + ") }}") == "59999");
    CHECK(expanded("{{ 1" + repeated(5000, " | print") + " }}") == "1");
    CHECK(expanded("{{ len (args 1)" + repeated(5000, ".x") + " }}").starts_with("<error"));
}

}  // namespace
}  // namespace outrider::rules
