// YAML into located Settings: what is read, and what is refused.
#include "daemon/config/yaml.h"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "unit/daemon/temporary_folder.h"

using namespace outrider;
using namespace outrider::app;
using Kind = Settings::Kind;

namespace {

struct Parsed {
    Settings root;
    std::vector<std::string> problems;
};

Parsed parse(std::string_view text) {
    Problems problems;
    Parsed out{parse_yaml(text, "f", problems), {}};
    for (const auto& problem : problems) out.problems.push_back(problem.to_string());
    return out;
}

/// The only problem of a text that cannot be read.
std::string refusal(std::string_view text) {
    const auto parsed = parse(text);
    CHECK(parsed.root.kind == Kind::null);
    CHECK(parsed.root.at.line == 0);
    REQUIRE(parsed.problems.size() == 1);
    return parsed.problems[0];
}

std::string nested(int depth) {
    const auto n = static_cast<std::size_t>(depth);
    return std::string(n, '[') + std::string(n, ']');
}

}  // namespace

TEST_CASE("yaml: every key and value knows its place", "[daemon][config]") {
    const auto [root, problems] = parse("# c\na: 1\nlist:\n  - name: x\n    b: [p, 'q']\n  - z\nnone:\nlast: ~\n");
    CHECK(problems.empty());
    REQUIRE(root.kind == Kind::map);
    REQUIRE(root.entries.size() == 4);
    CHECK(root.at.to_string() == "f:2:1");
    CHECK(root.entries[0].at.to_string() == "f:2:1");
    CHECK(root.entries[0].value.at.to_string() == "f:2:4");
    const auto& list = root.entries[1].value;
    REQUIRE(list.kind == Kind::list);
    CHECK(list.at.to_string() == "f:4:3");
    REQUIRE(list.items.size() == 2);
    CHECK(list.items[0].at.to_string() == "f:4:5");
    REQUIRE(list.items[0].entries.size() == 2);
    CHECK(list.items[0].entries[1].key == "b");
    CHECK(list.items[0].entries[1].value.items[1].at.to_string() == "f:5:12");
    CHECK(list.items[1].text == "z");
    CHECK(root.entries[2].value.kind == Kind::null);
    CHECK(root.entries[2].value.at.to_string() == "f:7:1");
    CHECK(root.entries[3].value.kind == Kind::null);
}

TEST_CASE("yaml: scalars stay text, and quotes are remembered", "[daemon][config]") {
    const auto plain = parse("- 010\n- yes\n- 'it''s'\n- \"a\\tb\\u00e9\"\n- !!str 5\n- |\n  two\n  lines\n- \"\"\n");
    CHECK(plain.problems.empty());
    const auto& items = plain.root.items;
    REQUIRE(items.size() == 7);
    const std::pair<const char*, bool> wanted[]{{"010", false}, {"yes", false},         {"it's", true}, {"a\tbé", true},
                                                {"5", true},    {"two\nlines\n", true}, {"", true}};
    for (std::size_t i = 0; i < items.size(); ++i) {
        CAPTURE(i);
        CHECK(items[i].kind == Kind::scalar);
        CHECK(items[i].text == wanted[i].first);
        CHECK(items[i].quoted == wanted[i].second);
    }
}

TEST_CASE("yaml: a duplicate key is reported with both places", "[daemon][config]") {
    const auto [root, problems] = parse("a: 1\nb:\n  c: 1\n  c: 2\na: [3]\n");
    CHECK(problems == std::vector<std::string>{"f:4:3: duplicate key \"c\", first at line 3",
                                               "f:5:1: duplicate key \"a\", first at line 1"});
    REQUIRE(root.entries.size() == 2);
    CHECK(root.entries[0].value.text == "1");
    CHECK(root.entries[1].value.entries.size() == 1);
}

TEST_CASE("yaml: an empty file is nothing, with a place", "[daemon][config]") {
    for (const auto* text : {"", "# only this\n", "---\n", "\n\n", "\xEF\xBB\xBF"}) {
        CAPTURE(text);
        const auto [root, problems] = parse(text);
        CHECK(problems.empty());
        CHECK(root.kind == Kind::null);
        CHECK(root.at.line >= 1);
    }
}

TEST_CASE("yaml: aliases are written out", "[daemon][config]") {
    const auto [root, problems] = parse("a: &x [1, &y two]\nb: *x\nc: [*x, *y]\n");
    CHECK(problems.empty());
    REQUIRE(root.entries.size() == 3);
    CHECK(root.entries[1].value.items.at(1).text == "two");
    CHECK(root.entries[2].value.items.at(0).items.at(0).text == "1");
    CHECK(root.entries[2].value.items.at(1).at.to_string() == "f:1:11");
}

TEST_CASE("yaml: what is not supported is refused at its place", "[daemon][config]") {
    CHECK(refusal("a: 1\n---\nb: 1\n") == "f:2:1: want one YAML document in a file, got a second one");
    CHECK(refusal("a: &x {b: 1}\nc:\n  <<: *x\n") ==
          "f:3:3: merge keys (<<) are not supported: write the settings out");
    CHECK(refusal("a: !include b\n") == "f:1:4: want no YAML tag, got \"!include\"");
    CHECK(refusal("[a]: 1\n") == "f:1:1: want a text as key, got a list or a map");
    CHECK(refusal(": 1\n") == "f:1:1: want a text as key, got nothing");
    CHECK(refusal("a: &x [*x]\n") == "f:1:8: want an alias of something complete, got one of what contains it");
    CHECK(refusal("a: &x 1\n*x : 2\n") == "f:2:1: want a text as key, got an alias");
}

TEST_CASE("yaml: a syntax error has a line and a column", "[daemon][config]") {
    CHECK(refusal("a: b: c\n") == "f:1:5: want YAML: illegal map value");
    CHECK(refusal("a:\n\tb: 1\n") == "f:2:3: want YAML: illegal map value");
    CHECK(refusal("a: 1\nb: [1, 2\nc: 3\n") == "f:3:2: want YAML: end of sequence flow not found");
    CHECK(refusal("a: *nowhere\n") == "f:1:4: want YAML: the referenced anchor is not defined");
    CHECK(refusal("a: \"no end\n") == "f:1:4: want a closing quote, got the end of the file");
    CHECK(refusal("a: 'it''s\n") == "f:1:4: want a closing quote, got the end of the file");
}

TEST_CASE("yaml: depth and size are bounded, aliases written out", "[daemon][config]") {
    CHECK(parse(nested(64)).problems.empty());
    CHECK(refusal(nested(65)) == "f:1:65: want at most 64 levels of lists and maps, got more");
    CHECK(refusal("a: &x " + nested(60) + "\nb: [[[[*x]]]]\n") ==
          "f:2:8: want at most 64 levels of lists and maps, got more");
    CHECK(parse("a: &x " + nested(60) + "\nb: [[[*x]]]\n").problems.empty());

    std::string laughs = "a0: &a0 [x, x, x, x, x, x, x, x]\n";
    for (int i = 1; i < 40; ++i) {
        const auto n = std::to_string(i);
        const auto alias = "*a" + std::to_string(i - 1);
        laughs += "a" + n + ": &a" + n + " [" + alias;
        for (int j = 1; j < 8; ++j) laughs += ", " + alias;
        laughs += "]\n";
    }
    CHECK_THAT(refusal(laughs), Catch::EndsWith("want at most 200000 keys and values, aliases written out, got more"));

    std::string many = "[";
    for (int i = 0; i < 199'999; ++i) many += "x,\n";
    CHECK(parse(many + "]").problems.empty());
    CHECK_THAT(refusal(many + "x]"),
               Catch::EndsWith("want at most 200000 keys and values, aliases written out, got more"));
    CHECK(refusal(std::string(kMaxYamlBytes + 1, '\n')) == "f: want at most 16 MiB, got more");
}

TEST_CASE("yaml: what is no text is refused at its byte", "[daemon][config]") {
    using namespace std::string_view_literals;
    CHECK(refusal("a: 1\nb: \xFF\n") == "f:2:4: want UTF-8 text, got byte 0xff");
    CHECK(refusal("a: \0b"sv) == "f:1:4: want UTF-8 text, got byte 0x00");
    CHECK(refusal("a: \x04 b: c: d") == "f:1:4: want UTF-8 text, got byte 0x04");
    CHECK(refusal("\xFF\xFE"
                  "a\0"sv) == "f:1:1: want UTF-8 text, got byte 0xff");
    for (const auto* text :
         {"\xC0\x80", "\xC3", "\xED\xA0\x80", "\xE0\x80\x80", "\xF0\x80\x80\x80", "\xF4\x90\x80\x80", "\x80"})
        CHECK_THAT(refusal(text), Catch::StartsWith("f:1:1: want UTF-8 text, got byte 0x"));
    const auto [root, problems] = parse("n: é€😀\r\n");
    CHECK(problems.empty());
    REQUIRE(root.entries.size() == 1);
    CHECK(root.entries[0].value.text == "é€😀");
}

TEST_CASE("yaml: a file that cannot be read is reported for the file as a whole", "[daemon][config]") {
    const TemporaryFolder folder;
    const auto message = [](const std::string& path) {
        Problems problems;
        CHECK(load_yaml(path, problems).at.line == 0);
        REQUIRE(problems.size() == 1);
        CHECK(problems[0].at.to_string() == path);
        return problems[0].message;
    };
    CHECK(message(folder / "none.yaml") == "want a YAML file, got no such file");
    CHECK(message(folder / "") == "want a YAML file, got a folder");
    CHECK(message("/dev/zero") == "want at most 16 MiB, got more");

    const auto closed = folder / "closed.yaml";
    std::ofstream{closed} << "a: 1\n";
    Problems problems;
    CHECK(load_yaml(closed, problems).entries.size() == 1);
    CHECK(problems.empty());
    if (::geteuid() == 0) {
        WARN("SKIPPED 1 check: the superuser may read every file");
    } else {
        std::filesystem::permissions(closed, std::filesystem::perms::none);
        CHECK(message(closed) == "cannot be read: Permission denied");
    }
}

TEST_CASE("yaml: several documents are several trees, up to a number, and anchors end with theirs",
          "[daemon][config]") {
    const TemporaryFolder folder;
    Problems problems;
    const auto two = load_yaml_documents(folder.write("two", "a: &x 1\n---\n- b\n"), 2, problems);
    CHECK(problems.empty());
    REQUIRE(two.size() == 2);
    CHECK(two[0].kind == Kind::map);
    CHECK(two[1].kind == Kind::list);
    CHECK(two[1].at.line == 3);
    CHECK(load_yaml_documents(folder.write("one", "a: 1\n"), 2, problems).size() == 1);
    CHECK(load_yaml_documents(folder.write("none", ""), 2, problems).size() == 1);
    CHECK(problems.empty());

    for (const auto* text : {"a: &x 1\n---\nb: *x\n", "1\n---\n2\n---\n3\n"}) {
        problems.clear();
        const auto refused = load_yaml_documents(folder.write("bad", text), 2, problems);
        REQUIRE(problems.size() == 1);
        REQUIRE(refused.size() == 1);
        CHECK(refused[0].at.line == 0);
    }
}
