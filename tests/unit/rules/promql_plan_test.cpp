#include <catch2/catch.hpp>
#include <string>
#include <variant>

#include "rules/promql/parser.h"
#include "rules/promql/plan.h"

using namespace outrider;
using namespace outrider::rules;
using namespace std::chrono_literals;

namespace {

/// The result of an instant query at 1 h over no series at all, or its error.
std::string result_of(std::string_view text) {
    SeriesStore store;
    const auto parsed = promql::parse(text);
    promql::Plan plan{*std::get<promql::ExprPtr>(parsed), store, {}};
    const auto value = plan.evaluate(Instant{1h});
    if (!value) return value.error().text;
    const auto& samples = std::get<std::vector<promql::Sample>>(*value);
    return samples.empty() ? "nothing" : std::to_string(samples.front().value);
}

}  // namespace

TEST_CASE("plan: an expression may take a million steps of subqueries, one within the other or not",
          "[rules][promql]") {
    const std::string refused = "subqueries with more than 1000000 steps";
    CHECK(result_of("count_over_time(vector(1)[800s:1ms])") == "800000.000000");
    CHECK(result_of("count_over_time(vector(1)[1001s:1ms])") == refused);
    CHECK(result_of("count_over_time(vector(1)[800s:1ms]) + count_over_time(vector(1)[800s:1ms])") == refused);
    CHECK(result_of("count_over_time(count_over_time(vector(1)[20s:10ms])[20s:10ms])") == refused);
    CHECK(result_of("count_over_time(count_over_time(vector(1)[5s:10ms])[5s:10ms])") == "500.000000");
}

TEST_CASE("count_values: its label must be text in UTF-8", "[rules][promql]") {
    CHECK(result_of(R"(count_values("a\xc5z", vector(1)))") == R"(invalid label name "a\xc5z")");
    CHECK(result_of(R"(count_values("", vector(1)))") == R"(invalid label name "")");
    CHECK(result_of(R"(count_values("größe", vector(1)))") == "1.000000");
}
