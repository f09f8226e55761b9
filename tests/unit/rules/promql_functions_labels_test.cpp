// Functions that write labels.
#include <catch2/catch.hpp>

#include "unit/rules/promql_calls.h"

using namespace outrider;
using namespace outrider::rules;
using namespace outrider::rules::promql;
using namespace outrider::rules::promql::test;

namespace {

const Items kOne{{Labels{{"__name__", "m"}, {"dst", "old"}, {"src", "source-value-10"}}, 7}};

Texts replace(Desk& desk, std::string destination, std::string replacement, std::string source, std::string regex,
              Items items = kOne) {
    return call(desk, FunctionId::label_replace, vector(std::move(items)), text(std::move(destination)),
                text(std::move(replacement)), text(std::move(source)), text(std::move(regex)));
}

// The value of `dst` after a replacement in source-value-10.
std::string replaced(std::string replacement, std::string regex) {
    Desk desk;
    const auto node = promql::test::node(FunctionId::label_replace, vector(kOne), text("dst"),
                                         text(std::move(replacement)), text("src"), text(std::move(regex)));
    Vector out;
    node->evaluate(desk.context, out);
    CHECK_FALSE(desk.report.error());
    return std::string{out.at(0).labels->value_of("dst")};
}

}  // namespace

TEST_CASE("label_replace: the destination is written when all of the source matches", "[rules][promql]") {
    CHECK(replaced("new", ".*") == "new");
    CHECK(replaced("new", "source") == "old");                  // only a part
    CHECK(replaced("new", "source|source-value-10") == "new");  // alternatives are anchored together
    CHECK(replaced("new", "nothing") == "old");
    CHECK(replaced("", ".*").empty());
    CHECK(replaced("x", "(?i)SOURCE.*") == "x");
    CHECK(replaced("x", "a)|(.*") == "x");  // Prometheus puts the pattern into a group as it is
}

TEST_CASE("label_replace: references to groups are those of Go's Regexp.Expand", "[rules][promql]") {
    const std::string regex = "(?P<first>[a-z]+)-([a-z]+)-(.*)";
    struct Case {
        const char* replacement;
        const char* wanted;
    };
    for (const auto& [replacement, wanted] :
         std::initializer_list<Case>{{"$1", "source"},
                                     {"${1}", "source"},
                                     {"$0", "source-value-10"},
                                     {"$3/$2/$1", "10/value/source"},
                                     {"${first}!", "source!"},
                                     {"$first-", "source-"},
                                     {"$1x", ""},  // the group named 1x, which there is not
                                     {"${1}x", "sourcex"},
                                     {"$01", ""},  // no number with a leading zero
                                     {"$4|$99999999999999999999", "|"},
                                     {"$$1", "$1"},
                                     {"$", "$"},
                                     {"a$", "a$"},
                                     {"$-$1", "$-source"},
                                     {"${1", "${1"},
                                     {"${}", "${}"},
                                     {"${a b}", "${a b}"},
                                     {"$1\xc2\xb7$2", "source\xc2\xb7value"},  // a middle dot is no letter
                                     {"[$1\xc3\xa9]", "[]"},                   // é is one
                                     {"plain", "plain"}}) {
        CAPTURE(replacement);
        CHECK(replaced(replacement, regex) == wanted);
    }
    CHECK(replaced("<$1$2>", "(x)?(s).*") == "<s>");  // a group that took no part is empty
    // What is no number in Go may be a name.
    CHECK(replaced("$01", "(?P<01>[a-z]+).*") == "source");
    CHECK(replaced("$1000000000", "(?P<1000000000>[a-z]+).*") == "source");
}

TEST_CASE("label_replace: Go's other spelling of named groups is taken", "[rules][promql]") {
    CHECK(replaced("$n", "(?<n>[a-z]+).*") == "source");
}

TEST_CASE("label_replace: a missing source is empty, and an empty value removes the label", "[rules][promql]") {
    Desk desk;
    CHECK(replace(desk, "dst", "was-empty", "missing", "") ==
          Texts{R"({__name__="m", dst="was-empty", src="source-value-10"} 7)"});
    CHECK(replace(desk, "dst", "", "src", ".*") == Texts{R"({__name__="m", src="source-value-10"} 7)"});
    CHECK(replace(desk, "src", "$1", "src", "source-(.*)") == Texts{R"({__name__="m", dst="old", src="value-10"} 7)"});
    CHECK(replace(desk, "a b", "x", "l", ".*", {{Labels{{"l", "1"}}, 1}}) == Texts{R"({a b="x", l="1"} 1)"});
    CHECK(replace(desk, "l", "x", "l", "a.b", {{Labels{{"l", "a\nb"}}, 1}}) == Texts{R"({l="x"} 1)"});
    CHECK_FALSE(desk.report.error());
}

TEST_CASE("label_replace: what is wrong fails each evaluation, in Prometheus's words", "[rules][promql]") {
    struct Case {
        const char* destination;
        const char* regex;
        const char* error;
    };
    for (const auto& [destination, regex, error] :
         std::initializer_list<Case>{{"dst", "(.*", "invalid regular expression in label_replace(): (.*"},
                                     {"", ".*", "invalid destination label name in label_replace(): "},
                                     {"\xff", ".*", "invalid destination label name in label_replace(): \xff"},
                                     {"", "(", "invalid regular expression in label_replace(): ("}}) {
        Desk desk;
        CHECK(replace(desk, destination, "x", "src", regex, {}).empty());
        CHECK(desk.report.error() == error);
    }
}

TEST_CASE("label_replace: two elements that become one are an error", "[rules][promql]") {
    Desk desk;
    const Items two{{Labels{{"l", "1"}}, 1}, {Labels{{"l", "2"}}, 2}};
    CHECK(replace(desk, "l", "same", "l", ".*", two).size() == 2);
    CHECK(desk.report.error() == "vector cannot contain metrics with the same labelset");
}

TEST_CASE("label_replace: a name that was dropped comes back when it is written", "[rules][promql]") {
    Desk desk;
    desk.options.delayed_name_removal = true;
    const Items dropped{{Labels{{"__name__", "rate_of_m"}, {"l", "1"}}, 1, true}};
    CHECK(replace(desk, "__name__", "m", "__name__", "rate_of_(.*)", dropped) == Texts{R"({__name__="m", l="1"} 1)"});
    CHECK(replace(desk, "__name__", "m", "__name__", "other", dropped) ==
          Texts{R"({__name__="rate_of_m", l="1"} 1 nameless)"});
    CHECK(replace(desk, "l", "$0", "__name__", ".*", dropped) ==
          Texts{R"({__name__="rate_of_m", l="rate_of_m"} 1 nameless)"});
}

TEST_CASE("label_join: values in the order given, missing ones empty", "[rules][promql]") {
    Desk desk;
    const Items one{{Labels{{"__name__", "m"}, {"a", "1"}, {"b", "2"}}, 7}};
    const auto join = [&](const char* destination, const char* separator, auto... sources) {
        return call(desk, FunctionId::label_join, vector(one), text(destination), text(separator), text(sources)...);
    };
    CHECK(join("dst", "-", "a", "b") == Texts{R"({__name__="m", a="1", b="2", dst="1-2"} 7)"});
    CHECK(join("dst", "-", "b", "none", "a") == Texts{R"({__name__="m", a="1", b="2", dst="2--1"} 7)"});
    CHECK(join("a", "") == Texts{R"({__name__="m", b="2"} 7)"});
    CHECK(join("a", ", ", "__name__", "a") == Texts{R"({__name__="m", a="m, 1", b="2"} 7)"});
    CHECK_FALSE(desk.report.error());
    CHECK(join("dst", "-", "a", "").empty());
    CHECK(desk.report.error() == "invalid source label name in label_join(): ");
    desk.report.clear();
    CHECK(join("", "-", "a").empty());
    CHECK(desk.report.error() == "invalid destination label name in label_join(): ");
}

TEST_CASE("label functions: a steady vector gives the same label sets again, a swept table new ones",
          "[rules][promql]") {
    Desk desk;
    auto items = std::make_shared<Items>(kOne);
    const auto node =
        promql::test::node(FunctionId::label_replace, vector(items), text("dst"), text("new"), text("src"), text(".*"));
    Vector first;
    node->evaluate(desk.context, first);
    const auto size = desk.table.size();
    Vector second;
    node->evaluate(desk.context, second);
    CHECK(first.at(0).labels == second.at(0).labels);
    CHECK(desk.table.size() == size);
    desk.table.sweep([](const Labels*) { return false; });
    CHECK(elements(desk, *node) == Texts{R"({__name__="m", dst="new", src="source-value-10"} 7)"});
    (*items)[0].labels = Labels{{"src", "x"}};
    items->push_back({Labels{{"src", "y"}}, 8});
    CHECK(elements(desk, *node) == Texts{R"({dst="new", src="x"} 7)", R"({dst="new", src="y"} 8)"});
}
