#include "rules/gotext/quote.h"

#include <fmt/format.h>

#include "rules/gotext/utf8.h"

namespace outrider::rules::gotext {
namespace {

constexpr std::string_view kLetters = "abtnvfr";  // for the codes from 7 on

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
    if (code >= 7 && code <= 13) {
        to += '\\';
        to += kLetters[code - 7];
    } else if (code < 0x20 || code == 0x7F) {
        to += fmt::format("\\x{:02x}", static_cast<unsigned>(code));
    } else if (code < 0x10000) {
        to += fmt::format("\\u{:04x}", static_cast<unsigned>(code));
    } else {
        to += fmt::format("\\U{:08x}", static_cast<unsigned>(code));
    }
}

/// 16 for what is no digit of any base.
unsigned digit_value(char c) noexcept {
    if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
    if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a') + 10;
    if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A') + 10;
    return 16;
}

/// How an escape writes a code in digits.
struct Numeral {
    std::size_t from = 0;
    std::size_t digits = 0;  // 0: it does not
    unsigned base = 16;
};

Numeral numeral_of(char kind) noexcept {
    switch (kind) {
        case 'x': return {1, 2, 16};
        case 'u': return {1, 4, 16};
        case 'U': return {1, 8, 16};
        default: return {0, kind >= '0' && kind <= '7' ? 3U : 0U, 8};
    }
}

}  // namespace

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

std::string quote_first(std::string_view text) { return quote_rune(decode(text).code); }

std::string code_point(std::uint64_t code, int digits, bool shown) {
    auto text = fmt::format("U+{:0{}X}", code, digits);
    if (shown && code <= 0x10FFFF && is_printable(static_cast<char32_t>(code))) {
        text += " '";
        append(text, static_cast<char32_t>(code));
        text += '\'';
    }
    return text;
}

Escape read_escape(std::string_view text, char delimiter) noexcept {
    using enum Escape::Problem;
    if (text.empty()) return {.problem = cut_off};
    const char kind = text.front();
    if (kind == '\\' || kind == delimiter) return {.code = static_cast<unsigned char>(kind), .length = 1};
    if (const auto letter = kLetters.find(kind); letter != std::string_view::npos)
        return {.code = static_cast<char32_t>(7 + letter), .length = 1};
    const auto [from, digits, base] = numeral_of(kind);
    if (digits == 0) return {.problem = unknown};
    const auto length = from + digits;
    std::uint32_t code = 0;  // eight digits fit
    for (auto at = from; at < length; ++at) {
        if (at == text.size()) return {.problem = cut_off, .length = at};
        const auto digit = digit_value(text[at]);
        if (digit >= base) return {.problem = bad_digit, .length = at};
        code = code * base + digit;
    }
    const bool is_byte = base == 8 || kind == 'x';
    if (is_byte ? code > 0xFF : code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) return {.problem = bad_code};
    return {.code = code, .is_byte = is_byte, .length = length};
}

}  // namespace outrider::rules::gotext
