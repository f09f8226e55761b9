// Durations that are expressions: how they are read and printed, what they come to, and what is refused when.
#include <catch2/catch.hpp>

#include "rules/promql/durations.h"
#include "rules/promql/parser.h"
#include "rules/promql/plan.h"

using namespace outrider;
using namespace outrider::rules;
using namespace outrider::rules::promql;
using namespace std::chrono_literals;

namespace {

ExprPtr parsed(std::string_view text) {
    auto result = parse(text);
    INFO(text);
    if (const auto* error = std::get_if<ParseError>(&result)) FAIL(error->offset << ": " << error->message);
    return std::get<ExprPtr>(std::move(result));
}
std::string error(std::string_view text) {
    auto result = parse(text);
    INFO(text);
    REQUIRE(std::holds_alternative<ParseError>(result));
    const auto& found = std::get<ParseError>(result);
    return std::to_string(found.offset) + ": " + found.message;
}
std::string printed(std::string_view text) { return to_text(*parsed(text)); }

/// What binds what, in brackets as in parentheses: `(+ 1m (* 2 step))`.
std::string sketch(const DurationExpr& expr) {
    using Op = DurationExpr::Op;
    constexpr std::string_view names =
        "literalstep   range  min_of max_of minus  +      -      *      /      %      ^      ";
    if (expr.op == Op::literal) return to_text(expr);
    auto name = std::string{names.substr(static_cast<std::size_t>(expr.op) * 7, 7)};
    name.erase(name.find_last_not_of(' ') + 1);
    if (!expr.right) return name;
    return "(" + name + " " + (expr.left ? sketch(*expr.left) + " " : "") + sketch(*expr.right) + ")";
}
std::string range_sketch(const std::string& duration) {
    const auto expr = parsed("a[" + duration + "]");
    const auto& matrix = std::get<MatrixSelector>(expr->node);
    return matrix.range_expr ? sketch(*matrix.range_expr) : "literal " + to_text(*expr);
}

const QuerySpan kQuery{.step = 15s, .range = 1h};

/// Of `a[…]`, in milliseconds, or the error of evaluating it.
std::string range_in(const std::string& duration, const QuerySpan& query = {}) {
    const auto expr = parsed("a[" + duration + "]");
    if (const auto wrong = duration_error(*expr, query)) return wrong->text();
    return std::to_string(range_of(std::get<MatrixSelector>(expr->node), query).count() / 1'000'000);
}
std::string offset_in(const std::string& duration, const QuerySpan& query = {}) {
    const auto expr = parsed("a offset " + duration);
    if (const auto wrong = duration_error(*expr, query)) return wrong->text();
    return std::to_string(offset_of(std::get<VectorSelector>(expr->node), query).count() / 1'000'000);
}

}  // namespace

TEST_CASE("durations: operators bind as they do between numbers", "[rules][promql]") {
    CHECK(range_sketch("1m + 2 * step()") == "(+ 1m (* 2 step))");
    CHECK(range_sketch("1 - 2 - 3") == "(- (- 1 2) 3)");
    CHECK(range_sketch("8 / 4 * 2 % 3") == "(% (* (/ 8 4) 2) 3)");
    CHECK(range_sketch("2 ^ 3 ^ 2") == "(^ 2 (^ 3 2))");
    CHECK(range_sketch("-2 ^ 2") == "(minus (^ 2 2))");
    CHECK(range_sketch("-2 * 3") == "(* -2 3)");
    CHECK(range_sketch("2 ^ -step() * 3") == "(* (^ 2 (minus step)) 3)");
    CHECK(range_sketch("(1m + 2m) * 3") == "(* (+ 1m 2m) 3)");
    CHECK(range_sketch("min_of(range(), 1h) + MAX_OF(step(), -(2))") == "(+ (min_of range 1h) (max_of step -2))");
    CHECK(range_sketch("+(+step())") == "step");
    CHECK(range_sketch("-(-(5m))") == "literal a[5m]");
    CHECK(range_sketch("((300))") == "literal a[5m]");
}

TEST_CASE("durations: an offset is one operand, or begins with a parenthesis", "[rules][promql]") {
    const auto print_binary = [](std::string_view text) {
        const auto expr = parsed(text);
        REQUIRE(std::holds_alternative<Binary>(expr->node));
        const auto& binary = std::get<Binary>(expr->node);
        return to_text(*binary.left) + " | " + to_text(*binary.right);
    };
    CHECK(print_binary("a offset 5m * 2") == "a offset 5m | 2");
    CHECK(print_binary("a offset -2 ^ 2") == "a offset -2s | 2");
    CHECK(print_binary("a offset step() * 2") == "a offset step() | 2");
    CHECK(print_binary("a offset -range() - 2") == "a offset -range() | 2");
    CHECK(print_binary("a offset -min_of(1m, step()) - 2") == "a offset -min_of(1m, step()) | 2");
    CHECK(print_binary("a offset -(1m * 3) - 2") == "a offset -(1m * 3) | 2");
    CHECK(printed("a offset (5m) * 2") == "a offset (5m * 2)");
    CHECK(printed("a offset (1h / 2) > 1") == "a offset (1h / 2) > 1");
    CHECK(printed("sum(a offset (1h / 2)) - 1") == "sum(a offset (1h / 2)) - 1");
    CHECK(offset_in("(5m) * 2") == "600000");
    CHECK(offset_in("--5m - 1m") == "240000");
    CHECK(offset_in("-(5m)") == "-300000");
    CHECK(error("a offset (5m) / b") ==
          "16: unexpected identifier \"b\" in offset, expected number, duration, step(), or range()");
}

TEST_CASE("durations: they are printed as Prometheus prints them, and read back", "[rules][promql]") {
    for (const std::string text :
         {"a[step()]", "a[-step()]", "a[(step())]", "a[-(step())]", "a offset step()", "a offset -step()",
          "a offset (step())", "a offset -(step())", "a offset -min_of(10s, 20s)", "a[range()]", "a offset -range()",
          "a[max_of(range(), 5s)]", "a[200 - min_of(step() + 10s, -max_of(step() ^ 2, 3))]",
          "a[4s + 4s:1s * 2] offset (5s - 8)", "a[1m:step() / 2] @ start() offset (1h % 7m)", "a[--step()]"}) {
        CHECK(printed(text) == text);
    }
    CHECK(printed("a offset +(5*2)") == "a offset (5 * 2)");
    CHECK(printed("a offset -min_of(10s, +max_of(step() ^ 2, 2))") == "a offset -min_of(10s, max_of(step() ^ 2, 2))");
    CHECK(printed("a[200-min_of(-step()^+step(),1)]") == "a[200 - min_of(-step() ^ step(), 1)]");
    CHECK(printed("a[Step ( )*90s]") == "a[step() * 1m30s]");
    // Two that Prometheus prints as something else.
    CHECK(printed("a[(-2)^2]") == "a[(-2) ^ 2]");
    CHECK(printed("a offset (step()) @ 5 + 1") == "a @ 5.000 offset +(step()) + 1");
}

TEST_CASE("durations: seconds are worked out and cut off to milliseconds", "[rules][promql]") {
    CHECK(range_in("5m * 2") == "600000");
    CHECK(range_in("(5 + 2) * 1m") == "420000");
    CHECK(range_in("4h % 3h") == "3600000");
    CHECK(range_in("(2 ^ 3) * 1m") == "480000");
    CHECK(range_in("1h / 7") == "514285");  // 514.2857…
    CHECK(range_in("1.0019 * 1") == "1001");
    CHECK(range_in("0.1 + 0.2") == "300");
    CHECK(range_in("1.005 * 1") == "1004");  // 1.005 * 1000 is 1004.9999999999999
    CHECK(offset_in("(0 - 1.0019)") == "-1001");
    CHECK(range_in("min_of(2m, 90)") == "90000");
    CHECK(range_in("max_of(2m, 90)") == "120000");
    CHECK(range_in("-5m % 3m + 5m") == "180000");  // the sign is that of -5m
    const auto literal = parsed("a[1.0019]");
    CHECK(std::get<MatrixSelector>(literal->node).range == 1001900us);
}

TEST_CASE("durations: step() and range() are the query's, and 0 in an instant query", "[rules][promql]") {
    CHECK(range_in("step()", kQuery) == "15000");
    CHECK(range_in("range() / 2", kQuery) == "1800000");
    CHECK(range_in("max_of(2 * step() + 5s, 20)", kQuery) == "35000");
    CHECK(offset_in("-range()", kQuery) == "-3600000");
    CHECK(range_in("step() + 1") == "1000");
    CHECK(range_in("max_of(range(), 5s)") == "5000");
    CHECK(offset_in("step()") == "0");
    CHECK(range_in("step()") == "2:8: duration must be greater than 0");
    CHECK(range_in("-step()", kQuery) == "2:9: duration must be greater than 0");
    const auto expr = parsed("sum(b) + rate(a[1m + 0 * step() - 2m])");
    const auto wrong = duration_error(*expr, {});
    REQUIRE(wrong);
    CHECK(wrong->of_query);
    CHECK(wrong->text() == "16:36: duration must be greater than 0");
}

TEST_CASE("durations: what cannot be is told with Prometheus's words and places", "[rules][promql]") {
    CHECK(range_in("1m - 2m") == "2:9: duration must be greater than 0");
    CHECK(range_in("(1m - 2m)") == "3:10: duration must be greater than 0");
    CHECK(range_in("min_of(0, 1m)") == "9:14: duration must be greater than 0");
    CHECK(range_in("5m / (1m - 1m)") == "2:15: division by zero");
    CHECK(range_in("1 + 5m % (1m - 1m)") == "6:19: modulo by zero");
    CHECK(range_in("2 ^ 100") == "2:9: duration is out of range");
    CHECK(range_in("10 ^ 999 - 10 ^ 999") == "2:21: duration is out of range");  // NaN
    CHECK(offset_in("-(2 ^ 100)") == "9:18: duration is out of range");
    CHECK(range_in("1ms / 2") == "2:9: duration must be greater than 0");
    CHECK(offset_in("(1ms / 2)") == "0");
    CHECK(error("a[5m / 0]") == "5: division by zero");
    CHECK(error("a[5m % (-0)]") == "5: modulo by zero");
    CHECK(error("a[5m:1e-10]") == "5: duration must be greater than 0");  // no nanosecond
    CHECK(error("a[-(5m)]") == "2: duration must be greater than 0");
    CHECK(error("a[2 * 200y]") == "6: duration out of range");
    CHECK(error("a offset (NaN)") == "10: duration out of range");
    const auto far = parsed("max_over_time(a[50y * 1:1y])[60y:1y]");
    CHECK_FALSE(duration_error(*parsed("max_over_time(a[49y * 1:1y])[60y:1y]"), {}));
    REQUIRE(duration_error(*far, {}));
    CHECK(duration_error(*far, {})->text() == "14:27: duration is out of range");
}

TEST_CASE("durations: a mistake of grammar says what was wanted", "[rules][promql]") {
    const std::string brackets = " in subquery or range selector, expected number, duration, step(), or range()";
    CHECK(error("a[5m *]") == "6: unexpected \"]\"" + brackets);
    CHECK(error("a[(5m]") == "5: unexpected \"]\"" + brackets);
    CHECK(error("a[min_of(5m)]") == "11: unexpected \")\"" + brackets);
    CHECK(error("a[min_of 5m]") == "9: unexpected duration \"5m\"" + brackets);
    CHECK(error("a[step]") == "6: unexpected \"]\"" + brackets);
    CHECK(error("a[5m 5m]") == "5: unexpected duration \"5m\" in subquery or range, expected \":\" or \"]\"");
    CHECK(error("a[5m:2 *]") ==
          "8: unexpected \"]\" in subquery selector, expected number, duration, step(), range(), or \"]\"");
    CHECK(error("a[5m:2 2]") == "7: unexpected number \"2\" in subquery selector, expected \"]\"");
    CHECK(error("a offset step") ==
          "13: unexpected end of input in offset, expected number, duration, step(), or range()");
    CHECK(error("a offset (step()) offset 1m") == "0: offset may not be set multiple times");
    CHECK(error("a offset 1m offset (step())") == "0: offset may not be set multiple times");
    CHECK(error("a offset (step()) [5m]") == "18: no offset modifiers allowed before range");
}

TEST_CASE("durations: a live store keeps as much as they look back", "[rules][promql]") {
    SeriesStore store;
    const auto expr = parsed("max_over_time(a[2 * 10s] offset (5s * 2))");
    const Plan plan{*expr, store, {.lookback = 1s}};
    auto* const series = store.open(Labels{{"__name__", "a"}});
    REQUIRE(series != nullptr);
    for (int second = 0; second <= 100; ++second) {
        store.advance(Instant{std::chrono::seconds{second}}, 1s);
        (void)store.append(*series, {.at = Instant{std::chrono::seconds{second}}, .value = 1});
    }
    REQUIRE_FALSE(series->points().empty());
    CHECK(series->points().front().at <= Instant{71s});
    CHECK(series->points().front().at > Instant{40s});
}
