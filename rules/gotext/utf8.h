// Characters of UTF-8 text, with Go's treatment of what is not UTF-8.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace outrider::rules::gotext {

inline constexpr char32_t kReplacement = 0xFFFD;

struct Rune {
    char32_t code = kReplacement;
    std::size_t width = 1;
    bool valid = false;  // false: one byte that is not UTF-8
};

/// The character at the front of `text`; of width 0 when there is none.
[[nodiscard]] Rune decode(std::string_view text) noexcept;

/// Appends `code` as UTF-8; the replacement character when it is none.
void append(std::string& to, char32_t code);

[[nodiscard]] bool is_utf8(std::string_view text) noexcept;
[[nodiscard]] std::size_t count_runes(std::string_view text) noexcept;

/// The first `count` characters of `text`.
[[nodiscard]] std::string_view first_runes(std::string_view text, std::size_t count) noexcept;

/// Go's strconv.IsPrint: letters, marks, numbers, punctuation, symbols and the blank.
[[nodiscard]] bool is_printable(char32_t code);
[[nodiscard]] bool is_letter_or_digit(char32_t code);

/// Latin, Greek and Cyrillic letters; what has no other case, or is of another script, stays.
[[nodiscard]] char32_t to_upper(char32_t code) noexcept;
[[nodiscard]] char32_t to_lower(char32_t code) noexcept;

}  // namespace outrider::rules::gotext
