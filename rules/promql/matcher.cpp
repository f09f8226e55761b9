#include "rules/promql/matcher.h"

#include <re2/re2.h>

#include <algorithm>
#include <utility>

#include "rules/gotext/regex.h"

namespace outrider::rules::promql {
std::string_view to_string(MatchOp op) noexcept {
    switch (op) {
        case MatchOp::equal: return "=";
        case MatchOp::not_equal: return "!=";
        case MatchOp::regex: return "=~";
        case MatchOp::not_regex: return "!~";
    }
    return "";
}

Result<Matcher> Matcher::make(std::string label, MatchOp op, std::string value) {
    Matcher matcher{std::move(label), op, std::move(value)};
    if (op == MatchOp::regex || op == MatchOp::not_regex) {
        auto compiled = gotext::compile_regex(matcher.value_, gotext::Dot::anything);
        if (!compiled->ok()) return Error{compiled->error()};
        matcher.compiled_ = std::move(compiled);
    }
    return matcher;
}

bool Matcher::matches(std::string_view text) const {
    switch (op_) {
        case MatchOp::equal: return text == value_;
        case MatchOp::not_equal: return text != value_;
        case MatchOp::regex: return RE2::FullMatch(text, *compiled_);
        case MatchOp::not_regex: return !RE2::FullMatch(text, *compiled_);
    }
    return false;
}

bool matches(const Matchers& matchers, const Labels& labels) {
    return std::ranges::all_of(matchers, [&](const Matcher& matcher) { return matcher.matches(labels); });
}

std::string_view metric_of(const Matchers& matchers) {
    for (const auto& matcher : matchers)
        if (matcher.label() == kMetricName && matcher.op() == MatchOp::equal) return matcher.value();
    return {};
}

}  // namespace outrider::rules::promql
