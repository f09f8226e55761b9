// match and reReplaceAll. RE2 bounds what a pattern may need; the budget bounds how long it may run.
#include <fmt/format.h>
#include <re2/re2.h>

#include <charconv>
#include <memory>
#include <vector>

#include "rules/gotext/utf8.h"
#include "rules/templating/functions/functions.h"

namespace outrider::rules::templating {
namespace {

constexpr std::int64_t kRegexMemory = 1 << 20;  // as label matchers have it
// Each thread of RE2's slowest engine copies all groups: that many more would cost more than they are worth.
constexpr int kMostGroups = 32;
constexpr std::size_t kCompileUnits = 1 << 13;  // some 100 us at worst, with that memory

Result<std::unique_ptr<RE2>> compile(const Call& call) {
    RE2::Options options;
    options.set_log_errors(false);
    options.set_max_mem(kRegexMemory);
    const auto& pattern = call.text(0);
    if (!call.budget.spend(kCompileUnits + pattern.size())) return Error{"too much work"};
    auto regex = std::make_unique<RE2>(pattern, options);
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

using Groups = std::vector<re2::StringPiece>;

/// A piece of a replacement: text, or a group by number.
struct Piece {
    std::string text;
    int group = -1;
};

/// `$1`, `$name`, `${1}`, `${name}` and `$$`, as Go's Regexp.Expand reads them; a group that does not exist is empty.
std::vector<Piece> read_replacement(std::string_view text, const RE2& regex) {
    std::vector<Piece> pieces;
    std::string plain;
    const auto is_name = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    };
    while (!text.empty()) {
        const auto dollar = std::min(text.find('$'), text.size());
        plain += text.substr(0, dollar);
        text.remove_prefix(dollar);
        if (text.empty()) break;
        text.remove_prefix(1);
        if (text.starts_with('$')) {
            plain += '$';
            text.remove_prefix(1);
            continue;
        }
        const bool braced = text.starts_with('{');
        const std::size_t from = braced ? 1 : 0;
        auto end = from;
        while (end < text.size() && is_name(text[end])) ++end;
        const auto name = text.substr(from, end - from);
        if (name.empty() || (braced && (end == text.size() || text[end] != '}'))) {
            plain += '$';
            continue;
        }
        text.remove_prefix(end + from);
        int group = -1;
        const auto [stop, error] = std::from_chars(name.data(), name.data() + name.size(), group);
        const bool is_number = stop == name.data() + name.size();
        if (is_number && (error != std::errc{} || (name[0] == '0' && name.size() > 1))) group = -1;
        if (!is_number) {
            const auto& names = regex.NamedCapturingGroups();
            const auto found = names.find(std::string{name});
            group = found == names.end() ? -1 : found->second;
        }
        if (group < 0 || group > regex.NumberOfCapturingGroups()) continue;
        if (!plain.empty()) pieces.push_back({std::exchange(plain, {}), -1});
        pieces.push_back({{}, group});
    }
    if (!plain.empty()) pieces.push_back({std::move(plain), -1});
    return pieces;
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
    const auto pieces = read_replacement(call.text(1), **regex);
    const auto& text = call.text(2);
    Groups groups(static_cast<std::size_t>((*regex)->NumberOfCapturingGroups()) + 1);
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
            for (const auto& [plain, group] : pieces) {
                result += plain;
                if (group >= 0 && groups[static_cast<std::size_t>(group)].data() != nullptr)
                    result.append(groups[static_cast<std::size_t>(group)].data(),
                                  groups[static_cast<std::size_t>(group)].size());
                if (result.size() > kLongestText) return Error{"too long a text"};
            }
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
