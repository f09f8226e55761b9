#include "rules/gotext/number.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>

namespace outrider::rules::gotext {
namespace {

std::string digits(double value, std::chars_format format, int precision) {
    // The longest double has 309 digits before its point.
    std::string text(static_cast<std::size_t>(std::max(precision, 0)) + 800, '\0');
    char* const end = text.data() + text.size();
    const auto written = precision < 0 ? std::to_chars(text.data(), end, value, format)
                                       : std::to_chars(text.data(), end, value, format, precision);
    text.resize(static_cast<std::size_t>(written.ptr - text.data()));
    return text;
}

/// What stands behind the `mark`, e or p.
int exponent_of(std::string_view text, char mark) {
    text.remove_prefix(text.find(mark) + 1);
    if (text.starts_with('+')) text.remove_prefix(1);
    int exponent = 0;
    (void)std::from_chars(text.data(), text.data() + text.size(), exponent);
    return exponent;
}

/// The fewest digits that read back, with an exponent when it is below -4 or above 5 whatever the number of digits (C's
/// rule depends on them): 1e+06, 1.23456789e+08, but 100000.
std::string shortest(double value) {
    auto text = digits(value, std::chars_format::scientific, -1);
    const int exponent = exponent_of(text, 'e');
    return exponent < -4 || exponent > 5 ? text : digits(value, std::chars_format::fixed, -1);
}

/// The fewest digits that read back, without an exponent. What is that large is a whole number, whose digits to_chars
/// writes all: 99999999999999991611392 for 1e23, where Go fills up with zeros.
std::string shortest_fixed(double value) {
    constexpr double whole = 9007199254740992.0;  // 2^53
    if (std::fabs(value) < whole) return digits(value, std::chars_format::fixed, -1);
    auto text = digits(value, std::chars_format::scientific, -1);
    const auto exponent = static_cast<std::size_t>(exponent_of(text, 'e'));
    text.erase(text.find('e'));
    std::erase(text, '.');
    text.resize((std::signbit(value) ? 2U : 1U) + exponent, '0');
    return text;
}

std::string hexadecimal(double value, int precision) {
    auto text = digits(std::fabs(value), std::chars_format::hex, precision);
    if (text[0] == '2') {  // rounded up: Go normalises
        const int exponent = exponent_of(text, 'p') + 1;
        text[0] = '1';
        text = fmt::format("{}p{:+}", text.substr(0, text.find('p')), exponent);
    }
    const auto mark = text.find('p') + 2;
    if (text.size() - mark < 2) text.insert(mark, 1, '0');  // Go writes two digits of exponent
    return fmt::format("{}0x{}", std::signbit(value) ? "-" : "", text);
}

/// The mantissa as an integer, and the power of two that it takes.
std::string binary(double value) {
    int exponent = 0;
    const auto mantissa = std::frexp(value, &exponent);
    constexpr int bits = std::numeric_limits<double>::digits;
    // Subnormal numbers have fewer bits, and 0 has none.
    const int power = value == 0 ? -1074 : std::max(exponent - bits, -1074);
    return fmt::format("{}{:.0f}p{:+}", std::signbit(value) ? "-" : "",
                       std::fabs(std::ldexp(mantissa, exponent - power)), power);
}

bool take_sign(std::string_view& text) {
    const bool negative = text.starts_with('-');
    if (negative || text.starts_with('+')) text.remove_prefix(1);
    return negative;
}

/// What digits mean by their prefix: 16 for 0x, 8 for 0o, 2 for 0b, else 10.
int prefix_base(std::string_view digits) {
    if (digits.size() < 2 || digits[0] != '0') return 10;
    switch (digits[1] | 0x20) {  // in lower case
        case 'x': return 16;
        case 'o': return 8;
        case 'b': return 2;
        default: return 10;
    }
}

/// The text without its underscores; nullopt when one of them does not stand between two digits, of which a prefix is
/// one.
std::optional<std::string> without_underscores(std::string_view text) {
    std::string plain{text};
    if (std::erase(plain, '_') == 0) return plain;
    take_sign(text);
    const int base = prefix_base(text);
    const std::size_t prefix = base == 10 ? 0 : 2;
    const auto is_digit = [&](std::size_t i) {
        const auto c = static_cast<unsigned char>(text[i]);
        return i < prefix || (base == 16 ? std::isxdigit(c) : std::isdigit(c)) != 0;
    };
    for (auto at = text.find('_'); at != std::string_view::npos; at = text.find('_', at + 1))
        if (at == 0 || at + 1 == text.size() || !is_digit(at - 1) || !is_digit(at + 1)) return std::nullopt;
    return plain;
}

/// Only what is infinite has a sign.
std::optional<double> named_number(std::string_view text) {
    const auto is = [](std::string_view word, std::string_view name) {
        return std::ranges::equal(word, name, [](unsigned char a, char b) { return std::tolower(a) == b; });
    };
    if (is(text, "nan")) return std::numeric_limits<double>::quiet_NaN();
    const double infinity = std::numeric_limits<double>::infinity();
    const bool negative = take_sign(text);
    if (is(text, "inf") || is(text, "infinity")) return negative ? -infinity : infinity;
    return std::nullopt;
}

}  // namespace

std::string format_float(double value, char verb, int precision) {
    if (std::isnan(value)) return "NaN";
    if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
    std::string text;
    switch (std::tolower(static_cast<unsigned char>(verb))) {
        case 'e': text = digits(value, std::chars_format::scientific, precision); break;
        case 'b': return binary(value);
        case 'f': return precision < 0 ? shortest_fixed(value) : digits(value, std::chars_format::fixed, precision);
        case 'x': text = hexadecimal(value, precision); break;
        default: text = precision < 0 ? shortest(value) : digits(value, std::chars_format::general, precision); break;
    }
    if (verb == 'E' || verb == 'G' || verb == 'X')
        std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    return text;
}

std::optional<std::int64_t> parse_integer(std::string_view text) {
    const auto plain = without_underscores(text);
    if (!plain) return std::nullopt;
    std::string_view digits = *plain;
    const bool negative = take_sign(digits);
    int base = prefix_base(digits);
    if (base != 10) {
        digits.remove_prefix(2);
    } else if (digits.size() > 1 && digits[0] == '0') {
        base = 8;
    }
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
    const auto largest = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()) + (negative ? 1 : 0);
    if (error != std::errc{} || end != digits.data() + digits.size() || value > largest) return std::nullopt;
    return static_cast<std::int64_t>(negative ? 0 - value : value);
}

Result<double> parse_float(std::string_view text) {
    if (const auto named = named_number(text)) return *named;
    const Error invalid{"invalid syntax"};
    const auto plain = without_underscores(text);
    if (!plain) return invalid;
    std::string_view digits = *plain;
    const bool negative = take_sign(digits);
    auto format = std::chars_format::general;
    if (prefix_base(digits) == 16) {
        format = std::chars_format::hex;
        digits.remove_prefix(2);
        if (digits.find_first_of("pP") == std::string_view::npos) return invalid;  // Go wants the exponent
    }
    // from_chars knows a sign and words of its own.
    const std::string_view starts = format == std::chars_format::hex ? ".0123456789abcdefABCDEF" : ".0123456789";
    if (digits.empty() || starts.find(digits.front()) == std::string_view::npos) return invalid;
    double value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, format);
    if (end != digits.data() + digits.size()) return invalid;
    if (error == std::errc::result_out_of_range) {
        value = std::strtod(plain->c_str(), nullptr);  // tells too small, which is 0, from too large
        if (std::isinf(value)) return Error{"value out of range"};
        return value;
    }
    if (error != std::errc{}) return invalid;
    return negative ? -value : value;
}

Result<double> parse_number(std::string_view text) {
    if (const auto integer = parse_integer(text)) return static_cast<double>(*integer);
    return parse_float(text);
}

}  // namespace outrider::rules::gotext
