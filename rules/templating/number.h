// Numbers and quoted text as Go writes and reads them (its package strconv).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace outrider::rules::templating {

/// `verb` is one of b e E f g G x X; a negative precision asks for the fewest digits that read back as the same number.
/// "+Inf", "-Inf" and "NaN" for what is no number. The precision is the caller's to bound.
[[nodiscard]] std::string format_float(double value, char verb, int precision);

/// `text` without the underscores that may stand between its digits; nullopt when one stands elsewhere.
[[nodiscard]] std::optional<std::string> without_underscores(std::string_view text);

/// The number that the whole text is; nullopt when it is none. Takes inf, infinity, nan and hexadecimal numbers too.
[[nodiscard]] std::optional<double> parse_float(std::string_view text);

/// In double quotes, with Go's escapes; `ascii`: nothing but ASCII.
[[nodiscard]] std::string quote(std::string_view text, bool ascii = false);

/// The same for one character, in single quotes.
[[nodiscard]] std::string quote_rune(char32_t code, bool ascii = false);

}  // namespace outrider::rules::templating
