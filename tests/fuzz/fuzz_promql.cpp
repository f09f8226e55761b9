// Any text: an expression or an error whose place lies within the text; the same for series. What is an expression is
// printed as text that gives the same text again.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "rules/promql/parser.h"
#include "rules/promql/plan.h"

using namespace outrider;
using namespace outrider::rules;

namespace {

constexpr std::size_t kLongest = std::size_t{64} * 1024;  // that parse takes

void want(bool holds) {
    if (!holds) std::abort();
}

void check_error(const promql::ParseError& error, std::size_t size) {
    want(error.offset <= size && !error.message.empty());
}

void check_duration(const promql::DurationExprPtr& duration, std::size_t begin, std::size_t end) {
    if (!duration) return;
    want(begin <= duration->begin && duration->begin < duration->end && duration->end <= end);
    check_duration(duration->left, begin, end);
    check_duration(duration->right, begin, end);
}

void check_selector(const promql::VectorSelector& selector, const promql::Expr& expr) {
    check_duration(selector.offset_expr, expr.begin, expr.end);
}

// Every node lies within its parent's text, and has some of its own.
void check_places(const promql::Expr& expr, std::size_t begin, std::size_t end);

void check_child(const promql::ExprPtr& child, const promql::Expr& parent) {
    if (child) check_places(*child, parent.begin, parent.end);
}

void check_places(const promql::Expr& expr, std::size_t begin, std::size_t end) {
    want(begin <= expr.begin && expr.begin < expr.end && expr.end <= end);
    if (const auto* selector = std::get_if<promql::VectorSelector>(&expr.node)) check_selector(*selector, expr);
    if (const auto* matrix = std::get_if<promql::MatrixSelector>(&expr.node)) {
        check_selector(matrix->selector, expr);
        check_duration(matrix->range_expr, expr.begin, expr.end);
    }
    if (const auto* subquery = std::get_if<promql::Subquery>(&expr.node)) {
        check_child(subquery->expr, expr);
        for (const auto& duration : {subquery->range_expr, subquery->step_expr, subquery->offset_expr})
            check_duration(duration, expr.begin, expr.end);
    }
    if (const auto* paren = std::get_if<promql::Paren>(&expr.node)) check_child(paren->expr, expr);
    if (const auto* negation = std::get_if<promql::Negation>(&expr.node)) check_child(negation->expr, expr);
    if (const auto* binary = std::get_if<promql::Binary>(&expr.node)) {
        check_child(binary->left, expr);
        check_child(binary->right, expr);
    }
    if (const auto* aggregate = std::get_if<promql::Aggregate>(&expr.node)) {
        check_child(aggregate->expr, expr);
        check_child(aggregate->param, expr);
    }
    if (const auto* call = std::get_if<promql::Call>(&expr.node))
        for (const auto& argument : call->args) check_child(argument, expr);
}

// Whatever the query, the durations are fine or it is told where they are not; and what is fine can be compiled.
void check_durations(const promql::Expr& expr, std::size_t size) {
    using namespace std::chrono_literals;
    for (const promql::QuerySpan query : {promql::QuerySpan{}, promql::QuerySpan{.step = 15s, .range = 1h}}) {
        const auto error = promql::duration_error(expr, query);
        if (error) want(error->begin < error->end && error->end <= size && !error->message.empty());
        SeriesStore store;
        promql::Plan plan{expr, store, {}, query};
        if (!error) continue;
        const auto value = plan.evaluate(Instant{1h});
        want(!value && value.error().text == error->text());
    }
}

void check_expression(std::string_view text) {
    const auto parsed = promql::parse(text);
    if (const auto* error = std::get_if<promql::ParseError>(&parsed)) return check_error(*error, text.size());
    const auto& expr = *std::get<promql::ExprPtr>(parsed);
    check_places(expr, 0, text.size());
    check_durations(expr, text.size());
    const auto printed = promql::to_text(expr);
    if (printed.size() > kLongest) return;
    const auto again = promql::parse(printed);
    want(std::holds_alternative<promql::ExprPtr>(again));
    want(promql::to_text(*std::get<promql::ExprPtr>(again)) == printed);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    check_expression(text);
    const auto series = promql::parse_series(text);
    if (const auto* error = std::get_if<promql::ParseError>(&series)) check_error(*error, size);
    return 0;
}
