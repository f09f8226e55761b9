#include "rules/templating/literal.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <limits>
#include <string>

#include "rules/templating/number.h"

namespace outrider::rules::templating {

std::optional<Value> parse_number(std::string_view text) {
    const auto plain = without_underscores(text);
    if (!plain) return std::nullopt;
    std::string_view digits = *plain;
    const bool negative = digits.starts_with('-');
    if (negative || digits.starts_with('+')) digits.remove_prefix(1);
    const auto mark = digits.size() > 1 && digits[0] == '0' ? digits[1] | 0x20 : 0;
    const bool hexadecimal = mark == 'x';
    if (digits.find_first_of(hexadecimal ? ".pP" : ".eEpP") != std::string_view::npos) {
        // Only one sign is Go's; parse_float would take that of a word such as inf too, which the lexer does not pass
        // on.
        const auto value = parse_float(*plain);
        if (!value) return std::nullopt;
        return Value{*value};
    }
    int base = 10;
    if (hexadecimal || mark == 'b' || mark == 'o') {
        base = hexadecimal ? 16 : mark == 'b' ? 2 : 8;
        digits.remove_prefix(2);
    } else if (digits.size() > 1 && digits[0] == '0') {
        base = 8;
    }
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
    const auto largest = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()) + (negative ? 1 : 0);
    if (digits.empty() || end != digits.data() + digits.size() || error != std::errc{} || value > largest)
        return std::nullopt;
    return Value{static_cast<std::int64_t>(negative ? 0 - value : value)};
}

}  // namespace outrider::rules::templating
