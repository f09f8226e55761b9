// eq, ne, lt, le, gt, ge: within one type only, as Go has it: `gt $value 1` is an error, `gt $value 1.0` is not.
#include <fmt/format.h>

#include "rules/templating/functions/functions.h"

namespace outrider::rules::templating {
namespace {

Result<bool> equal(const Value& a, const Value& b) {
    if (std::holds_alternative<Nothing>(a) || std::holds_alternative<Nothing>(b)) return a.index() == b.index();
    if (a.index() != b.index()) return Error{"incompatible types for comparison"};
    if (const auto* value = std::get_if<bool>(&a)) return *value == *std::get_if<bool>(&b);
    if (const auto* value = std::get_if<std::int64_t>(&a)) return *value == *std::get_if<std::int64_t>(&b);
    if (const auto* value = std::get_if<double>(&a)) return *value == *std::get_if<double>(&b);
    if (const auto* value = std::get_if<std::string>(&a)) return *value == *std::get_if<std::string>(&b);
    if (std::holds_alternative<Timestamp>(a)) return false;  // there, pointers to different times
    return Error{fmt::format("non-comparable type {}", type_name(a))};
}

Result<bool> less(const Value& a, const Value& b) {
    const auto ordered = [](const Value& value) {
        return std::holds_alternative<std::int64_t>(value) || std::holds_alternative<double>(value) ||
               std::holds_alternative<std::string>(value);
    };
    if (!ordered(a) || !ordered(b)) return Error{"invalid type for comparison"};
    if (a.index() != b.index()) return Error{"incompatible types for comparison"};
    if (const auto* number = std::get_if<double>(&a)) return *number < *std::get_if<double>(&b);
    if (const auto* number = std::get_if<std::int64_t>(&a)) return *number < *std::get_if<std::int64_t>(&b);
    return *std::get_if<std::string>(&a) < *std::get_if<std::string>(&b);
}

Result<bool> less_or_equal(const Value& a, const Value& b) {
    auto smaller = less(a, b);
    if (!smaller || *smaller) return smaller;
    return equal(a, b);
}

/// gt and ge are what le and lt are not, even for NaN.
Result<Value> answer(const Result<bool>& truth, bool inverted = false) {
    if (!truth) return truth.error();
    return Value{*truth != inverted};
}

}  // namespace

Result<Value> compare_eq(const Call& call) {
    if (call.arguments.size() < 2) return Error{"missing argument for comparison"};
    for (const auto& other : call.arguments.subspan(1)) {
        const auto same = equal(call.arguments[0], other);
        if (!same || *same) return answer(same);
    }
    return Value{false};
}

Result<Value> compare_ne(const Call& call) { return answer(equal(call.arguments[0], call.arguments[1]), true); }
Result<Value> compare_lt(const Call& call) { return answer(less(call.arguments[0], call.arguments[1])); }
Result<Value> compare_le(const Call& call) { return answer(less_or_equal(call.arguments[0], call.arguments[1])); }
Result<Value> compare_gt(const Call& call) { return answer(less_or_equal(call.arguments[0], call.arguments[1]), true); }
Result<Value> compare_ge(const Call& call) { return answer(less(call.arguments[0], call.arguments[1]), true); }

}  // namespace outrider::rules::templating
