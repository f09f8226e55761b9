// Text and characters as Go quotes them, and its escapes read back (its package strconv).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace outrider::rules::gotext {

/// In double quotes, with Go's escapes (%q); `ascii`: nothing but ASCII (%+q).
[[nodiscard]] std::string quote(std::string_view text, bool ascii = false);

/// The same for one character, in single quotes.
[[nodiscard]] std::string quote_rune(char32_t code, bool ascii = false);

/// The character that `text` begins with, in single quotes; U+FFFD when it begins with none.
[[nodiscard]] std::string quote_first(std::string_view text);

/// A code point of at least `digits` digits, U+00E9 (%U); `shown`: and the character when it is printable (%#U).
[[nodiscard]] std::string code_point(std::uint64_t code, int digits, bool shown);

/// What a backslash and the text behind it stand for in a literal.
struct Escape {
    enum class Problem : std::uint8_t {
        none,
        cut_off,    ///< the text ends within it
        unknown,    ///< no escape begins with this character
        bad_digit,  ///< a character that is no digit of its base
        bad_code    ///< no code point, or more than a byte
    };
    Problem problem = Problem::none;
    char32_t code = 0;
    bool is_byte = false;    ///< written as \x41 or \101: in a string a byte, whatever the bytes around it
    std::size_t length = 0;  ///< without the backslash; before what is wrong, when there is a problem
};

/// `text` is what follows the backslash; `delimiter`, which ends the literal, may be escaped.
[[nodiscard]] Escape read_escape(std::string_view text, char delimiter) noexcept;

}  // namespace outrider::rules::gotext
