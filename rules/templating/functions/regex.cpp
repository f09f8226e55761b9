// match and reReplaceAll. RE2 bounds what a pattern may need; the budget bounds how long it may run.
#include "rules/gotext/regex.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "rules/gotext/replacement.h"
#include "rules/gotext/utf8.h"
#include "rules/templating/functions/functions.h"

namespace outrider::rules::templating {
namespace {

// Each thread of RE2's slowest engine copies all groups: that many more would cost more than they are worth.
constexpr int kMostGroups = 32;
constexpr std::size_t kCompileUnits = 1 << 13;  // some 100 us at worst, with that memory

Result<std::unique_ptr<const RE2>> compile(const Call& call) {
    const auto& pattern = call.text(0);
    if (!call.budget.spend(kCompileUnits + pattern.size())) return Error{"too much work"};
    auto regex = gotext::compile_regex(pattern);
    if (!regex->ok()) return Error{fmt::format("regular expression: {}", regex->error().substr(0, 200))};
    if (regex->NumberOfCapturingGroups() > kMostGroups)
        return Error{fmt::format("want a regular expression of at most {} groups", kMostGroups)};
    return regex;
}

/// Whether one more search over `bytes` is within the budget.
bool may_search(const Call& call, const RE2& regex, std::size_t bytes) {
    const auto instructions = static_cast<std::size_t>(regex.ProgramSize());
    return call.budget.spend((bytes + 1) * (1 + instructions / 4));
}

}  // namespace

Result<Value> match(const Call& call) {
    const auto regex = compile(call);
    if (!regex) return regex.error();
    const auto& text = call.text(1);
    if (!may_search(call, **regex, text.size())) return Error{"too much work"};
    return Value{RE2::PartialMatch(text, **regex)};
}

/// Go's Regexp.ReplaceAllString: an empty match right after another match is none.
Result<Value> replace_all(const Call& call) {
    const auto regex = compile(call);
    if (!regex) return regex.error();
    if (!call.budget.spend(call.text(1).size())) return Error{"too much work"};
    const gotext::Replacement replacement{call.text(1), **regex};
    const auto& text = call.text(2);
    std::vector<re2::StringPiece> groups(static_cast<std::size_t>((*regex)->NumberOfCapturingGroups()) + 1);
    std::vector<std::string_view> matched(groups.size());
    std::string result;
    std::size_t copied = 0;  // up to here the text is in the result, replaced or not
    for (std::size_t at = 0; at <= text.size();) {
        if (!may_search(call, **regex, text.size() - at) || result.size() > kLongestText) return Error{"too much work"};
        if (!(*regex)->Match(text, at, text.size(), RE2::UNANCHORED, groups.data(), static_cast<int>(groups.size())))
            break;
        const auto from = static_cast<std::size_t>(groups[0].data() - text.data());
        const auto to = from + groups[0].size();
        result.append(text, copied, from - copied);
        if (to > copied || from == 0) {
            std::ranges::transform(groups, matched.begin(), [](const re2::StringPiece& group) {
                return std::string_view{group.data(), group.size()};
            });
            if (!replacement.expand(matched, result, kLongestText)) return Error{"too long a text"};
        }
        copied = to;
        // At least one character further.
        const auto width = at < text.size() ? gotext::decode(std::string_view{text}.substr(at)).width : 1;
        at = std::max(at + width, to);
    }
    if (copied < text.size()) result.append(text, copied);
    return Value{std::move(result)};
}

}  // namespace outrider::rules::templating
