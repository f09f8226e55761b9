#include "rules/promql/comparison_parser.h"

#include <catch2/catch.hpp>
#include <cmath>

using namespace outrider;
using namespace outrider::rules::comparison;

namespace {
Expr parsed(std::string_view text) {
    auto result = parse(text);
    INFO(text);
    REQUIRE(std::holds_alternative<Expr>(result));
    return std::get<Expr>(std::move(result));
}
std::string error(std::string_view text) {
    const auto result = parse(text);
    INFO(text);
    REQUIRE(std::holds_alternative<ParseError>(result));
    const auto& e = std::get<ParseError>(result);
    return std::to_string(e.offset) + ": " + e.message;
}
}  // namespace

TEST_CASE("promql: a selector with a comparison", "[rules][promql]") {
    const auto e = parsed("outrider_lag_seconds{stream=\"demo\", pop!='x', viewer=~\"1s|3s\",} >= 2.5 # half of 5");
    CHECK(e.selector.metric == "outrider_lag_seconds");
    REQUIRE(e.selector.matchers.size() == 3);
    CHECK(e.selector.matchers[1].op == MatchOp::not_equal);
    CHECK(e.selector.matchers[2].matches("3s"));
    CHECK_FALSE(e.selector.matchers[2].matches("13s"));  // anchored
    CHECK(e.compare == Compare::greater_equal);
    CHECK(e.threshold == 2.5);
}

TEST_CASE("promql: numbers as Prometheus writes them", "[rules][promql]") {
    CHECK(parsed("m > -1e3").threshold == -1000);
    CHECK(parsed("m > .5").threshold == 0.5);
    CHECK(parsed("m > 1m30s").threshold == 90);
    CHECK(std::isinf(parsed("m < Inf").threshold));
    CHECK_FALSE(parsed("up").compare.has_value());
}

TEST_CASE("promql: comparisons with NaN are false, but for !=", "[rules][promql]") {
    CHECK_FALSE(holds(Compare::greater, NAN, 1));
    CHECK_FALSE(holds(Compare::equal, NAN, NAN));
    CHECK(holds(Compare::not_equal, NAN, NAN));
}

TEST_CASE("promql: errors say where, what was wanted and what was found", "[rules][promql]") {
    CHECK(error("") == "0: want a metric name, got end of expression");
    CHECK(error("5 > m") == "0: want a metric name, got \"5\"");
    CHECK(error("m >") == "3: want a number, got end of expression");
    CHECK(error("m > 30x") == "4: want a number, got \"30x\"");
    CHECK(error("m{a=b}") == "4: want a quoted label value, got \"b\"");
    CHECK(error("m{a=\"b\"") == "7: want \",\" or \"}\", got end of expression");
    CHECK(error("m{a~\"b\"}") == "3: want one of = != =~ !~, got \"~\"");
    CHECK(error("m{a=\"b}") == "4: want a closing quote, got end of expression");
    CHECK(error("m{a=~\"(\"}") == "5: want a regular expression (RE2), got \"(\": missing ): (");
    CHECK(error("rate(m[5m]) > 1") == "4: functions such as rate() are not supported");
    CHECK(error("m[5m]") == "1: range selectors are not supported");
    CHECK(error("m > 1 and n") ==
          "6: want the end of the expression (only `metric{…} op number` is supported), got \"and\"");
}
