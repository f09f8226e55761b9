// What every Go template has: index, slice, len, not, print and its kin.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "rules/templating/functions/functions.h"
#include "rules/templating/printf.h"

namespace outrider::rules::templating {
namespace {

/// An index within [0, `most`].
Result<std::size_t> position(const Value& value, std::size_t most) {
    const auto* at = std::get_if<std::int64_t>(&value);
    if (at == nullptr) return Error{fmt::format("cannot index with a value of type {}", type_name(value))};
    if (*at < 0 || static_cast<std::uint64_t>(*at) > most) return Error{fmt::format("index out of range: {}", *at)};
    return static_cast<std::size_t>(*at);
}

Result<Value> element(const Value& of, const Value& key) {
    if (const auto* text = std::get_if<std::string>(&of)) {
        if (text->empty()) return Error{"index out of range of an empty string"};
        const auto at = position(key, text->size() - 1);
        if (!at) return at.error();
        return Value{static_cast<std::int64_t>(static_cast<unsigned char>((*text)[*at]))};
    }
    const auto* labels = std::get_if<const Labels*>(&of);
    const auto* fields = std::get_if<std::shared_ptr<const Fields>>(&of);
    if (labels == nullptr && fields == nullptr) return Error{fmt::format("can't index item of type {}", type_name(of))};
    const auto* name = std::get_if<std::string>(&key);
    if (name == nullptr) return Error{fmt::format("value has type {}; should be string", type_name(key))};
    if (labels != nullptr) return Value{std::string{(*labels)->value_of(*name)}};
    const auto found = (*fields)->of.find(*name);
    return found == (*fields)->of.end() ? Value{Nothing{}} : found->second;
}

}  // namespace

Result<Value> index_of(const Call& call) {
    auto found = call.arguments[0];
    for (const auto& key : call.arguments.subspan(1)) {
        auto next = element(found, key);
        if (!next) return next;
        found = std::move(*next);
    }
    return found;
}

Result<Value> slice(const Call& call) {
    const auto* text = std::get_if<std::string>(&call.arguments[0]);
    if (text == nullptr) return Error{fmt::format("can't slice item of type {}", type_name(call.arguments[0]))};
    if (call.arguments.size() > 3) return Error{"cannot 3-index slice a string"};
    auto from = std::size_t{0};
    auto to = text->size();
    if (call.arguments.size() > 1) {
        const auto at = position(call.arguments[1], text->size());
        if (!at) return at.error();
        from = *at;
    }
    if (call.arguments.size() > 2) {
        const auto at = position(call.arguments[2], text->size());
        if (!at) return at.error();
        to = *at;
    }
    if (from > to) return Error{fmt::format("invalid slice index: {} > {}", from, to)};
    return Value{text->substr(from, to - from)};
}

Result<Value> length(const Call& call) {
    const auto& of = call.arguments[0];
    if (const auto* text = std::get_if<std::string>(&of)) return Value{static_cast<std::int64_t>(text->size())};
    if (const auto* labels = std::get_if<const Labels*>(&of))
        return Value{static_cast<std::int64_t>((*labels)->size())};
    if (const auto* fields = std::get_if<std::shared_ptr<const Fields>>(&of))
        return Value{static_cast<std::int64_t>((*fields)->of.size())};
    return Error{fmt::format("len of type {}", type_name(of))};
}

Result<Value> negate(const Call& call) { return Value{!is_true(call.arguments[0])}; }

Result<Value> print(const Call& call) { return Value{sprint(call.arguments)}; }
Result<Value> print_line(const Call& call) { return Value{sprintln(call.arguments)}; }
Result<Value> print_formatted(const Call& call) { return Value{sprintf(call.text(0), call.arguments.subspan(1))}; }

Result<Value> make_args(const Call& call) {
    auto fields = std::make_shared<Fields>();
    for (std::size_t i = 0; i < call.arguments.size(); ++i) {
        if (const auto* inner = std::get_if<std::shared_ptr<const Fields>>(&call.arguments[i]))
            fields->depth = std::max(fields->depth, (*inner)->depth + 1);
        fields->of.emplace(fmt::format("arg{}", i), call.arguments[i]);
    }
    if (fields->depth > kDeepestMap) return Error{fmt::format("want at most {} maps in each other", kDeepestMap)};
    return Value{std::shared_ptr<const Fields>{std::move(fields)}};
}

}  // namespace outrider::rules::templating
