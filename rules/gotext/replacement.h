// The replacement of a regular expression: text with places for what its groups matched.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace re2 {
class RE2;
}

namespace outrider::rules::gotext {

/// Read once, as Go's Regexp.Expand does each time: `$name` and `${name}` are groups by number or name, a name being as
/// long as it can; `$$` is a dollar; a dollar before anything else stays one. A group that is not there is empty.
class Replacement {
public:
    Replacement(std::string_view text, const re2::RE2& regex);

    /// `groups`: the whole match, then group 1 and so on; those that took no part are empty.
    [[nodiscard]] std::string expand(std::span<const std::string_view> groups) const;

    /// Appends that to `to`; false, with a part of it appended, as soon as `to` would be longer than `most`.
    [[nodiscard]] bool expand(std::span<const std::string_view> groups, std::string& to, std::size_t most) const;

private:
    struct Piece {
        std::string text;       // as it is, and then
        std::size_t group = 0;  // this one; kNone for none
    };
    static constexpr std::size_t kNone = static_cast<std::size_t>(-1);

    std::vector<Piece> pieces_;
};

}  // namespace outrider::rules::gotext
