// Reading a Settings tree, built by hand: every value is at line 10 and more, its key one line before.
#include "outrider/settings_reader.h"

#include <catch2/catch.hpp>
#include <memory>

using namespace outrider;
using namespace std::chrono_literals;

namespace {

const auto kFile = std::make_shared<const std::string>("t.yaml");

Settings node(Settings::Kind kind, int line) {
    Settings out;
    out.kind = kind;
    out.at = {kFile, line, 3};
    return out;
}
Settings scalar(std::string text, int line = 10, bool in_quotes = false) {
    auto out = node(Settings::Kind::scalar, line);
    out.text = std::move(text);
    out.quoted = in_quotes;
    return out;
}
Settings list(std::vector<Settings> items, int line = 10) {
    auto out = node(Settings::Kind::list, line);
    out.items = std::move(items);
    return out;
}
Settings map(std::vector<std::pair<std::string, Settings>> entries, int line = 1) {
    auto out = node(Settings::Kind::map, line);
    for (auto& [key, value] : entries) {
        Location at{kFile, value.at.line - 1, 1};
        out.entries.push_back({std::move(key), std::move(at), std::move(value)});
    }
    return out;
}
std::vector<std::string> texts(const Problems& problems) {
    std::vector<std::string> out;
    for (const auto& problem : problems) out.push_back(problem.to_string());
    return out;
}
/// What a getter reports about `value` under the key `k`.
template <class Get>
std::string complaint(Settings value, Get get) {
    Problems problems;
    const auto root = map({{"k", std::move(value)}});
    SettingsReader reader{root, problems, "a thing"};
    get(reader.required("k"));
    reader.finish();
    REQUIRE(problems.size() < 2);
    return problems.empty() ? "" : problems[0].to_string();
}

}  // namespace

TEST_CASE("settings reader: good values are read and nothing is reported", "[core][settings]") {
    Problems problems;
    const auto root =
        map({{"text", scalar("x")},
             {"number", scalar("010")},
             {"yes", scalar("true")},
             {"for", scalar("1m", 10, true)},
             {"level", scalar("low")},
             {"labels", map({{"b", scalar("2")}, {"a", scalar("1")}, {"c", node(Settings::Kind::null, 10)}}, 10)},
             {"names", list({scalar("x"), scalar("y")})},
             {"inner", map({{"url", scalar("http://a/")}}, 10)}});
    SettingsReader reader{root, problems, "a thing"};
    CHECK(reader.required("text").text() == "x");
    CHECK(reader.required("number").integer(0, 10) == 10);
    CHECK(reader.required("yes").boolean() == true);
    CHECK(reader.required("for").duration(1s, 1h) == 1min);
    constexpr std::array<std::pair<std::string_view, int>, 2> levels{{{"low", 1}, {"high", 2}}};
    CHECK(reader.required("level").one_of(levels) == 1);
    CHECK(reader.required("labels").labels() == Labels{{"a", "1"}, {"b", "2"}});
    CHECK(reader.required("names").texts() == std::vector<std::string>{"x", "y"});
    SettingsReader inner{reader.required("inner"), "an inner thing"};
    CHECK(inner.required("url").url({"http"}) == "http://a/");
    inner.finish();
    CHECK_FALSE(reader.optional("absent").present());
    CHECK_FALSE(reader.optional("absent").integer().has_value());
    reader.finish();
    CHECK(texts(problems).empty());
}

TEST_CASE("settings reader: a wrong value is reported with what was wanted and what was found", "[core][settings]") {
    const auto null = node(Settings::Kind::null, 10);
    const auto text = [](const SettingValue& v) { (void)v.text(); };
    CHECK(complaint(scalar(""), text) == "t.yaml:10:3: k: want a text that is not empty, got \"\"");
    CHECK(complaint(null, text) == "t.yaml:10:3: k: want a text that is not empty, got nothing");
    CHECK(complaint(list({}), text) == "t.yaml:10:3: k: want a text that is not empty, got a list");
    CHECK(complaint(null, [](const SettingValue& v) { CHECK(v.text(SettingValue::may_be_empty) == ""); }).empty());

    const auto boolean = [](const SettingValue& v) { (void)v.boolean(); };
    CHECK(complaint(scalar("yes"), boolean) == "t.yaml:10:3: k: want true or false, got \"yes\"");
    CHECK(complaint(scalar("true", 10, true), boolean) ==
          "t.yaml:10:3: k: want true or false, got \"true\" (in quotes)");

    const auto port = [](const SettingValue& v) { CHECK_FALSE(v.integer(1, 9).has_value()); };
    for (const auto* wrong : {"0", "10", "1.0", "0x1", "+1", " 1", "1 ", "", "-", "1e1", "99999999999999999999"})
        CHECK(complaint(scalar(wrong), port) ==
              "t.yaml:10:3: k: want a whole number from 1 to 9, got \"" + std::string{wrong} + "\"");
    CHECK(complaint(map({}, 10), [](const SettingValue& v) { (void)v.integer(0); }) ==
          "t.yaml:10:3: k: want a whole number of at least 0, got a map");

    CHECK(complaint(scalar("30"), [](const SettingValue& v) { (void)v.duration(); }) ==
          "t.yaml:10:3: k: want a duration such as 30s, got \"30\"");
    CHECK(complaint(scalar("1ms"), [](const SettingValue& v) { (void)v.duration(50ms); }) ==
          "t.yaml:10:3: k: want a duration of at least 50ms, got \"1ms\"");
    CHECK(complaint(scalar("6s"), [](const SettingValue& v) { (void)v.duration(50ms, 5s); }) ==
          "t.yaml:10:3: k: want a duration from 50ms to 5s, got \"6s\"");

    constexpr std::array<std::pair<std::string_view, int>, 2> levels{{{"low", 1}, {"high", 2}}};
    CHECK(complaint(scalar("mid"), [&](const SettingValue& v) { (void)v.one_of(levels); }) ==
          "t.yaml:10:3: k: want one of low, high, got \"mid\"");
    CHECK(complaint(scalar("x"), [](const SettingValue& v) { (void)v.list(); }) ==
          "t.yaml:10:3: k: want a list, got \"x\"");
    CHECK(complaint(list({scalar("a"), scalar("", 12)}), [](const SettingValue& v) { (void)v.texts(); }) ==
          "t.yaml:12:3: k[1]: want a text that is not empty, got \"\"");
    CHECK(complaint(scalar("x"), [](const SettingValue& v) { (void)v.labels(); }) ==
          "t.yaml:10:3: k: want a map, got \"x\"");
    CHECK(complaint(map({{"0a", scalar("x", 12)}}), [](const SettingValue& v) { (void)v.labels(); }) ==
          "t.yaml:11:1: k: want a label name such as pop_region, got \"0a\"");
    CHECK(complaint(scalar("x"), [](const SettingValue& v) {
              SettingsReader{v, "a part"}.finish();
          }) == "t.yaml:10:3: k: want a map, got \"x\"");
    CHECK(complaint(scalar("ftp://a"), [](const SettingValue& v) {
              (void)v.url({"http", "https"});
          }) == "t.yaml:10:3: k: want an absolute URL (http, https), got \"ftp://a\"");
}

TEST_CASE("settings reader: a value asked for twice is reported once", "[core][settings]") {
    CHECK(complaint(scalar("x"), [](const SettingValue& v) { (void)v.list(), (void)v.list(); }) ==
          "t.yaml:10:3: k: want a list, got \"x\"");
}

TEST_CASE("settings reader: a missing key is reported at the map that needs it", "[core][settings]") {
    Problems problems;
    const auto root = map({{"inner", node(Settings::Kind::null, 10)}}, 4);
    SettingsReader reader{root, problems, "a stream"};
    (void)reader.required("name");
    SettingsReader inner{reader.required("inner"), "an inner thing"};
    (void)inner.required("url");
    inner.finish();
    reader.finish();
    CHECK(texts(problems) == std::vector<std::string>{"t.yaml:4:3: name: missing; a stream needs it",
                                                      "t.yaml:10:3: url: missing; an inner thing needs it"});
}

TEST_CASE("settings reader: an unknown key is reported at the key, with the nearest known one", "[core][settings]") {
    Problems problems;
    const auto root = map({{"streams", scalar("x", 10)},
                           {"straems", scalar("x", 20)},
                           {"stream", scalar("x", 30)},
                           {"colour", scalar("x", 40)},
                           {std::string(70, 's'), scalar("x", 50)}});
    SettingsReader reader{root, problems, "a thing"};
    (void)reader.optional("streams");
    (void)reader.optional("for");
    reader.finish();
    CHECK(texts(problems) ==
          std::vector<std::string>{
              "t.yaml:19:1: unknown key \"straems\" in a thing, did you mean \"streams\"?",
              "t.yaml:29:1: unknown key \"stream\" in a thing, did you mean \"streams\"?",
              "t.yaml:39:1: unknown key \"colour\" in a thing; known are: streams, for",
              "t.yaml:49:1: unknown key \"" + std::string(60, 's') + "...\" in a thing; known are: streams, for"});
}

TEST_CASE("settings reader: absent maps and unreadable files report nothing more", "[core][settings]") {
    Problems problems;
    Settings unreadable;
    SettingsReader root{unreadable, problems, "a thing"};
    SettingsReader inner{root.required("inner"), "an inner thing"};
    CHECK_FALSE(inner.required("url").text().has_value());
    inner.report("unseen");
    inner.finish();
    root.finish();
    CHECK(problems.empty());
}

TEST_CASE("settings reader: secrets are not shown", "[core][settings]") {
    CHECK(complaint(scalar("http://u:p@"), [](const SettingValue& v) { (void)v.url({"http"}); }) ==
          "t.yaml:10:3: k: want an absolute URL (http), got \"http://<secret>@\"");
    CHECK(complaint(scalar("u:p@host"), [](const SettingValue& v) { (void)v.url({"http"}); }) ==
          "t.yaml:10:3: k: want an absolute URL (http), got \"<secret>@host\"");
    CHECK(complaint(scalar("http://u:p@host/"), [](const SettingValue& v) { (void)v.entries(); }) ==
          "t.yaml:10:3: k: want a map, got \"http://<secret>@host/\"");
    CHECK(complaint(scalar("hush"), [](const SettingValue& v) { (void)v.secret().entries(); }) ==
          "t.yaml:10:3: k: want a map, got <secret>");
    CHECK(complaint(list({scalar("hush")}), [](const SettingValue& v) { v.secret().list()[0].want("a map"); }) ==
          "t.yaml:10:3: k[0]: want a map, got <secret>");
}

TEST_CASE("settings reader: what was written is shown on one line and cut at a character", "[core][settings]") {
    CHECK(Problem{{}, "one of a\nb"}.to_string() == "?: one of a\\x0ab");
    CHECK(as_written("a\nb\x7F") == "\"a\\x0ab\\x7f\"");
    CHECK(as_written(std::string(59, 'a') + "é") == "\"" + std::string(59, 'a') + "...\"");
    CHECK(as_written(std::string(58, 'a') + "é") == "\"" + std::string(58, 'a') + "é\"");
    CHECK(as_written(std::string(100, '\x80')) == "\"...\"");
}

TEST_CASE("settings reader: the distance of two words counts a swap as one", "[core][settings]") {
    CHECK(edit_distance("", "") == 0);
    CHECK(edit_distance("", "abc") == 3);
    CHECK(edit_distance("abc", "acb") == 1);
    CHECK(edit_distance("kitten", "sitting") == 3);
    CHECK(edit_distance("expr", "expression") == 6);
}

TEST_CASE("settings: problems are sorted as a person walks through the files", "[core][settings]") {
    const auto a = std::make_shared<const std::string>("a.yaml");
    Problems problems{{{kFile, 1, 1}, "p"}, {{a, 10, 2}, "q"}, {{a, 9, 9}, "r"},
                      {{a, 10, 2}, "s"},    {{a}, "t"},        {{}, "u"}};
    sort_by_place(problems);
    CHECK(texts(problems) == std::vector<std::string>{"?: u", "a.yaml: t", "a.yaml:9:9: r", "a.yaml:10:2: q",
                                                      "a.yaml:10:2: s", "t.yaml:1:1: p"});
}
