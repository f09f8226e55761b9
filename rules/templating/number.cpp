#include "rules/templating/number.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <limits>

#include "rules/templating/utf8.h"

namespace outrider::rules::templating {
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

/// The fewest digits that read back, with an exponent when it is below -4 or above 5 whatever the number of digits (C's
/// rule depends on them): 1e+06, 1.23456789e+08, but 100000.
std::string shortest(double value) {
    auto text = digits(value, std::chars_format::scientific, -1);
    int exponent = 0;
    const auto* const mark = text.data() + text.find('e') + 1;
    (void)std::from_chars(*mark == '+' ? mark + 1 : mark, text.data() + text.size(), exponent);
    return exponent < -4 || exponent > 5 ? text : digits(value, std::chars_format::fixed, -1);
}

std::string hexadecimal(double value, int precision) {
    auto text = digits(std::fabs(value), std::chars_format::hex, precision);
    if (text[0] == '2') {  // rounded up: Go normalises
        int exponent = 0;
        const auto* const digits_of = text.data() + text.find('p') + 1;
        (void)std::from_chars(*digits_of == '+' ? digits_of + 1 : digits_of, text.data() + text.size(), exponent);
        text[0] = '1';
        text = fmt::format("{}p{:+}", text.substr(0, text.find('p')), exponent + 1);
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

void escape(std::string& to, char32_t code, char delimiter, bool ascii) {
    if (code == static_cast<unsigned char>(delimiter) || code == '\\') {
        to += '\\';
        to += static_cast<char>(code);
        return;
    }
    if (code < 0x80 ? code >= 0x20 && code != 0x7F : !ascii && is_printable(code)) {
        append(to, code);
        return;
    }
    constexpr std::string_view escapes = "abtnvfr";  // from 7 on
    if (code >= 7 && code <= 13) {
        to += '\\';
        to += escapes[code - 7];
    } else if (code < 0x20 || code == 0x7F) {
        to += fmt::format("\\x{:02x}", static_cast<unsigned>(code));
    } else if (code < 0x10000) {
        to += fmt::format("\\u{:04x}", static_cast<unsigned>(code));
    } else {
        to += fmt::format("\\U{:08x}", static_cast<unsigned>(code));
    }
}

}  // namespace

std::string format_float(double value, char verb, int precision) {
    if (std::isnan(value)) return "NaN";
    if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
    std::string text;
    switch (std::tolower(static_cast<unsigned char>(verb))) {
        case 'e': text = digits(value, std::chars_format::scientific, precision); break;
        case 'b': return binary(value);
        case 'f': return digits(value, std::chars_format::fixed, precision);
        case 'x': text = hexadecimal(value, precision); break;
        default: text = precision < 0 ? shortest(value) : digits(value, std::chars_format::general, precision); break;
    }
    if (verb == 'E' || verb == 'G' || verb == 'X')
        std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    return text;
}

std::optional<std::string> without_underscores(std::string_view text) {
    const bool hexadecimal = text.find_first_of("xX") != std::string_view::npos;
    const auto is_digit = [&](char c) {
        return (c >= '0' && c <= '9') || (hexadecimal && std::isxdigit(static_cast<unsigned char>(c)) != 0);
    };
    std::string plain;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '_') {
            plain += text[i];
            continue;
        }
        // Also after the letter of 0x, 0b and 0o.
        const auto from = text.starts_with('+') || text.starts_with('-') ? 1U : 0U;
        const bool after_prefix = i == from + 2 && text[from] == '0' &&
                                  std::string_view{"xXbBoO"}.find(text[i - 1]) != std::string_view::npos;
        const bool after = i > 0 && (is_digit(text[i - 1]) || after_prefix);
        if (!after || i + 1 == text.size() || !is_digit(text[i + 1])) return std::nullopt;
    }
    return plain;
}

std::optional<double> parse_float(std::string_view written) {
    const auto plain = without_underscores(written);
    if (!plain) return std::nullopt;
    std::string_view text = *plain;
    bool negative = false;
    if (text.starts_with('+') || text.starts_with('-')) {
        negative = text.front() == '-';
        text.remove_prefix(1);
    }
    auto format = std::chars_format::general;
    if (text.starts_with("0x") || text.starts_with("0X")) {
        format = std::chars_format::hex;
        text.remove_prefix(2);
        if (text.find_first_of("pP") == std::string_view::npos) return std::nullopt;  // Go wants the exponent
    }
    if (text.empty() || text.front() == '-' || text.front() == '+' || text.back() == ')') return std::nullopt;
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, format);
    if (end != text.data() + text.size()) return std::nullopt;
    if (error == std::errc::result_out_of_range) {
        // Too small is 0, too large is refused; from_chars does not say which.
        if (text.find_first_of("eEpP") == std::string_view::npos || text.find('-') == std::string_view::npos)
            return std::nullopt;
        value = 0;
    } else if (error != std::errc{}) {
        return std::nullopt;
    }
    return negative ? -value : value;
}

std::string quote(std::string_view text, bool ascii) {
    std::string quoted = "\"";
    while (!text.empty()) {
        const auto rune = decode(text);
        if (rune.valid) {
            escape(quoted, rune.code, '"', ascii);
        } else {
            quoted += fmt::format("\\x{:02x}", static_cast<unsigned char>(text.front()));
        }
        text.remove_prefix(rune.width);
    }
    return quoted + '"';
}

std::string quote_rune(char32_t code, bool ascii) {
    if (code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) code = kReplacement;
    std::string quoted = "'";
    escape(quoted, code, '\'', ascii);
    return quoted + '\'';
}

}  // namespace outrider::rules::templating
