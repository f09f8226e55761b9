#include "rules/gotext/replacement.h"

#include <re2/re2.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <system_error>

namespace outrider::rules::gotext {
namespace {

struct GroupName {
    std::string_view name;
    std::size_t length = 0;  // of all that stands for it in the text, without the dollar
};

// The name at the start of `text`, behind a dollar; nullopt when there is none. Letters are those of Unicode.
std::optional<GroupName> group_name(std::string_view text) {
    static const re2::RE2 kName{R"([\pL\p{Nd}_]+)"};
    const bool braces = text.starts_with('{');
    re2::StringPiece rest{text.data(), text.size()};
    if (braces) rest.remove_prefix(1);
    const std::size_t before = rest.size();
    if (!re2::RE2::Consume(&rest, kName)) return std::nullopt;
    const std::size_t length = before - rest.size();
    const std::string_view name = text.substr(braces ? 1 : 0, length);
    if (!braces) return GroupName{name, length};
    if (!rest.starts_with("}")) return std::nullopt;
    return GroupName{name, length + 2};
}

// Its number when it is one, of at most nine digits and without leading zeros; else that of the group of that name.
std::optional<std::size_t> group_number(std::string_view name, const re2::RE2& regex) {
    constexpr std::size_t most_digits = 9;
    const auto groups = static_cast<std::size_t>(regex.NumberOfCapturingGroups());
    const bool may_be_number = name.size() <= most_digits && (name.size() == 1 || name.front() != '0');
    std::size_t number = 0;
    const auto* const end = name.data() + name.size();
    if (may_be_number && std::from_chars(name.data(), end, number).ptr == end)
        return number <= groups ? std::optional{number} : std::nullopt;
    const auto& names = regex.NamedCapturingGroups();
    const auto found = names.find(std::string{name});
    if (found == names.end()) return std::nullopt;
    return static_cast<std::size_t>(found->second);
}

}  // namespace

Replacement::Replacement(std::string_view text, const re2::RE2& regex) {
    std::string plain;
    while (!text.empty()) {
        const auto dollar = std::min(text.find('$'), text.size());
        plain += text.substr(0, dollar);
        text.remove_prefix(dollar);
        if (text.empty()) break;
        text.remove_prefix(1);
        if (text.starts_with('$')) {
            plain += '$';
            text.remove_prefix(1);
        } else if (const auto group = group_name(text)) {
            if (const auto number = group_number(group->name, regex)) {
                pieces_.push_back({std::move(plain), *number});
                plain.clear();
            }
            text.remove_prefix(group->length);
        } else {
            plain += '$';
        }
    }
    if (!plain.empty()) pieces_.push_back({std::move(plain), kNone});
}

std::string Replacement::expand(std::span<const std::string_view> groups) const {
    std::string expanded;
    (void)expand(groups, expanded, expanded.max_size());
    return expanded;
}

bool Replacement::expand(std::span<const std::string_view> groups, std::string& to, std::size_t most) const {
    const auto add = [&](std::string_view text) {
        if (to.size() > most || text.size() > most - to.size()) return false;
        to += text;
        return true;
    };
    return std::ranges::all_of(pieces_, [&](const Piece& piece) {
        return add(piece.text) && (piece.group >= groups.size() || add(groups[piece.group]));
    });
}

}  // namespace outrider::rules::gotext
