#include "rules/promql/scanner.h"

#include <fmt/format.h>

#include <cstdint>
#include <optional>

#include "outrider/time_text.h"
#include "rules/promql/text.h"

namespace outrider::rules::promql {
namespace {

// Digits with a dot, an exponent and underscores; what is wrong inside is for parse_number to say.
void skip_number(Scanner& scan) {
    if (scan.peek() == '0' && (scan.peek(1) == 'x' || scan.peek(1) == 'X')) {
        scan.skip(2);
        scan.skip_while([](char c) { return is_hex_digit(c) || c == '_'; });
        return;
    }
    const auto digits = [](char c) { return is_digit(c) || c == '_'; };
    scan.skip_while(digits);
    if (scan.take('.')) scan.skip_while(digits);
    if (scan.peek() != 'e' && scan.peek() != 'E') return;
    scan.skip();
    if (scan.peek() == '+' || scan.peek() == '-') scan.skip();
    scan.skip_while(digits);
}

// From the first unit on: `m`, `h30m`. Which units may follow which is for parse_duration to say.
bool skip_units(Scanner& scan) {
    const auto unit = [&scan](std::string_view letters) {
        if (scan.done() || letters.find(scan.peek()) == std::string_view::npos) return false;
        scan.skip();
        scan.take('s');
        return true;
    };
    if (!unit("smhdwy")) return false;
    while (is_digit(scan.peek())) {
        scan.skip_while(is_digit);
        if (!unit("smhdw")) return false;
    }
    if (!is_alphanumeric(scan.peek())) return true;
    scan.skip();  // into the error's text
    return false;
}

// A duration that would be one if only its numbers were smaller.
bool too_long(std::string_view text) {
    std::string small;
    for (const char c : text)
        if (!is_digit(c) || small.empty() || !is_digit(small.back())) small += is_digit(c) ? '1' : c;
    return parse_duration(small).has_value();
}

std::string duration_error(std::string_view text) {
    if (too_long(text)) return "duration out of range";
    return "not a valid duration string: " + quoted(text);
}

void append_utf8(std::string& out, std::uint32_t code) {
    const auto tail = [&](unsigned shift) { out += static_cast<char>(0x80U | ((code >> shift) & 0x3FU)); };
    if (code < 0x80) {
        out += static_cast<char>(code);
    } else if (code < 0x800) {
        out += static_cast<char>(0xC0U | (code >> 6U));
        tail(0);
    } else if (code < 0x10000) {
        out += static_cast<char>(0xE0U | (code >> 12U));
        tail(6);
        tail(0);
    } else {
        out += static_cast<char>(0xF0U | (code >> 18U));
        tail(12);
        tail(6);
        tail(0);
    }
}

std::optional<std::uint32_t> digit_value(char c) {
    if (is_digit(c)) return static_cast<std::uint32_t>(c - '0');
    if (c >= 'a' && c <= 'f') return static_cast<std::uint32_t>(c - 'a' + 10);
    if (c >= 'A' && c <= 'F') return static_cast<std::uint32_t>(c - 'A' + 10);
    return std::nullopt;
}

// As Go's %#U shows the character that the text begins with: U+0071 'q'.
std::string code_point(std::string_view text) {
    const auto length = utf8_length(text);
    std::uint32_t code = static_cast<unsigned char>(text.front());
    if (length == 0) code = 0xFFFD;
    if (length > 1) code &= 0x7FU >> length;
    for (std::size_t i = 1; i < length; ++i) code = code << 6U | (static_cast<unsigned char>(text[i]) & 0x3FU);
    return fmt::format("U+{:04X} {}", code, quoted_character(text));
}

// Behind \, \x, \u or \U: that many digits of a code point, or of a byte. The result is an error, empty when it is
// fine.
std::string take_code(Scanner& scan, std::string& out, int digits, std::uint32_t base, bool byte) {
    std::uint32_t code = 0;
    for (; digits > 0; --digits) {
        const auto digit = digit_value(scan.peek());
        if (scan.done()) return "escape sequence not terminated";
        if (!digit || *digit >= base)
            return fmt::format("illegal character {} in escape sequence", code_point(scan.rest()));
        code = code * base + *digit;
        scan.skip();
    }
    if (code > (byte ? 0xFFU : 0x10FFFFU) || (code >= 0xD800 && code < 0xE000))
        return "escape sequence is an invalid Unicode code point";
    if (byte) {
        out += static_cast<char>(code);
    } else {
        append_utf8(out, code);
    }
    return {};
}

// Stands behind the backslash.
std::string take_escape(Scanner& scan, std::string& out, char quote) {
    constexpr std::string_view letters = "abfnrtv\\";
    constexpr std::string_view meanings = "\a\b\f\n\r\t\v\\";
    if (scan.done()) return "escape sequence not terminated";
    const char c = scan.peek();
    if (c >= '0' && c <= '7') return take_code(scan, out, 3, 8, true);
    const auto escape = letters.find(c);
    if (escape == std::string_view::npos && c != quote && c != 'x' && c != 'u' && c != 'U')
        return fmt::format("unknown escape sequence {}", code_point(scan.rest()));
    scan.skip();
    if (c == 'x') return take_code(scan, out, 2, 16, true);
    if (c == 'u') return take_code(scan, out, 4, 16, false);
    if (c == 'U') return take_code(scan, out, 8, 16, false);
    out += c == quote ? c : meanings[escape];
    return {};
}

}  // namespace

ScannedNumber scan_number(Scanner& scan) {
    const auto from = scan.at();
    skip_number(scan);
    if (!is_alphanumeric(scan.peek()) && scan.peek() != '.') {
        const auto text = scan.since(from);
        const auto number = parse_number(text);
        if (const auto* value = std::get_if<double>(&number)) return {.value = *value, .duration = false};
        const auto problem = std::get<std::string_view>(number);
        return {.error =
                    fmt::format("error parsing number: strconv.ParseFloat: parsing {}: {}", quoted(text), problem)};
    }
    if (scan.take('.') || !skip_units(scan))
        return {.error = "bad number or duration syntax: " + quoted(scan.since(from))};
    const auto text = scan.since(from);
    const auto duration = parse_duration(text);
    if (!duration) return {.error = duration_error(text)};
    return {.value = seconds_of(*duration), .duration = true};
}

ScannedString scan_string(Scanner& scan) {
    const auto from = scan.at();
    const char quote = scan.peek();
    const bool raw = quote == '`';
    scan.skip();
    ScannedString string;
    const auto failed = [&](std::string message, std::size_t offset) {
        return ScannedString{.value = {}, .error = std::move(message), .error_offset = offset};
    };
    while (!scan.take(quote)) {
        if (scan.done() || (!raw && scan.peek() == '\n'))
            return failed(raw ? "unterminated raw string" : "unterminated quoted string", from);
        const auto at = scan.at();
        if (!raw && scan.take('\\')) {
            if (auto problem = take_escape(scan, string.value, quote); !problem.empty())
                return failed(std::move(problem), at);
            continue;
        }
        const auto length = utf8_length(scan.rest());
        if (length == 0) return failed("invalid UTF-8 rune", at);
        string.value += scan.rest().substr(0, length);
        scan.skip(length);
    }
    return string;
}

}  // namespace outrider::rules::promql
