#include <catch2/catch.hpp>

#include "rules/promql/text.h"
#include "unit/rules/promql_trees.h"

using namespace outrider;
using namespace outrider::rules::promql;

namespace {
std::string printed(std::string_view text) {
    auto result = parse(text);
    INFO(text);
    REQUIRE(std::holds_alternative<ExprPtr>(result));
    return to_text(*std::get<ExprPtr>(result));
}
}  // namespace

TEST_CASE("promql: what is printed and parsed again is the same tree", "[rules][promql]") {
    for (std::uint32_t seed = 1; seed <= 5000; ++seed) {
        const auto tree = test::TreeMaker{seed}.any();
        const auto text = to_text(*tree);
        auto again = parse(text);
        INFO(seed << ": " << text);
        if (const auto* error = std::get_if<ParseError>(&again)) FAIL(error->offset << ": " << error->message);
        REQUIRE(test::equal(*tree, *std::get<ExprPtr>(again)));
        REQUIRE(to_text(*std::get<ExprPtr>(again)) == text);
    }
}

TEST_CASE("promql: an expression is printed in Prometheus's style", "[rules][promql]") {
    CHECK(printed("sum(rate(x{a='b',c!~\"d\"}[300]))by(pop)>BOOL 1e3") ==
          "sum by (pop) (rate(x{a=\"b\",c!~\"d\"}[5m])) > bool 1000");
    CHECK(printed("a*on(x)group_left b") == "a * on (x) group_left () b");
    CHECK(printed("a/ignoring(x,y)group_right(z)b") == "a / ignoring (x, y) group_right (z) b");
    CHECK(printed("a+on()b") == "a + on () b");
    CHECK(printed("a+ignoring()b") == "a + b");
    CHECK(printed("count without()(a)") == "count without () (a)");
    CHECK(printed("count by()(a)") == "count(a)");
    CHECK(printed("topk(5,a)without(b,)") == "topk without (b) (5, a)");
    CHECK(printed("(a)[90s:1000ms]offset -1h@end()") == "(a)[1m30s:1s] @ end() offset -1h");
    CHECK(printed("a@-1.5") == "a @ -1.500");
    CHECK(printed("a[14d] offset 8d") == "a[2w] offset 8d");
    CHECK(printed("{'a.b'}") == "{__name__=\"a.b\"}");
    CHECK(printed("{\"a.b\"=\"c\", d=\"e\"}") == "{\"a.b\"=\"c\",d=\"e\"}");
    CHECK(printed("sum by (\"a.b\", by) (a)") == "sum by (\"a.b\", by) (a)");
    CHECK(printed("- +a") == "-a");
    CHECK(printed("a offset 1m Anchored @ 5") == "a @ 5.000 anchored offset 1m");
    CHECK(printed("a[1m]@start() offset 1m SMOOTHED") == "a[1m] smoothed @ start() offset 1m");
    CHECK(printed("`a\"b\\`") == R"("a\"b\\")");
    CHECK(printed("'\u20ac\u200b'") == "\"\u20ac\\u200b\"");  // what does not print is escaped
}

TEST_CASE("promql: numbers and durations are printed as short as they read back", "[rules][promql]") {
    CHECK(printed("0x10") == "16");
    CHECK(printed("1e20") == "100000000000000000000");
    CHECK(printed("1e21") == "1e+21");
    CHECK(printed("123456789012345678901") == "123456789012345680000");
    CHECK(printed("0.1e-6") == "1e-07");
    CHECK(printed("-inf") == "-Inf");
    CHECK(printed("INF") == "+Inf");
    CHECK(printed("nAn") == "NaN");
    CHECK(printed("-0") == "-0");
    CHECK(printed("5m") == "5m");
    CHECK(printed("-90s") == "-1m30s");
    CHECK(printed("0s") == "0s");
    CHECK(printed("a[0.0005]") == "a[0.0005]");
    CHECK(duration_literal(std::chrono::hours{24 * 365}) == "1y");
    CHECK(duration_literal(std::chrono::hours{24 * 366}) == "366d");
    CHECK(duration_literal(std::chrono::milliseconds{-1500}) == "-1s500ms");
}

TEST_CASE("promql: long durations keep their milliseconds", "[rules][promql]") {
    CHECK(printed("a offset 1y1ms") == "a offset 365d1ms");
    CHECK(printed("1y1ms") == "365d1ms");
}

TEST_CASE("promql: selectors are found in the order of the text", "[rules][promql]") {
    auto parsed = parse("topk(scalar(a), b) + on () rate((c - d)[5m:]) / -(e offset 5m)");
    REQUIRE(std::holds_alternative<ExprPtr>(parsed));
    std::string names;
    for (const auto* selector : selectors_of(*std::get<ExprPtr>(parsed))) names += selector->name;
    CHECK(names == "abcde");
}
