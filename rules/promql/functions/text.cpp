#include "rules/promql/functions/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <limits>
#include <system_error>

#include "rules/promql/number_text.h"

namespace outrider::rules::promql {
namespace {

bool same_word(std::string_view text, std::string_view lower_case) {
    return std::ranges::equal(text, lower_case, [](char a, char b) {
        return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b;
    });
}

// Length of the UTF-8 sequence at the start of `text`, by RFC 3629; 0 when there is none. Want text not empty.
std::size_t utf8_length(std::string_view text) noexcept {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const auto in = [&](std::size_t i, unsigned low, unsigned high) {
        return i < text.size() && byte(i) >= low && byte(i) <= high;
    };
    const unsigned lead = byte(0);
    if (lead < 0x80) return 1;
    if (lead >= 0xC2 && lead <= 0xDF) return in(1, 0x80, 0xBF) ? 2 : 0;
    if (lead >= 0xE0 && lead <= 0xEF) {
        const unsigned low = lead == 0xE0 ? 0xA0 : 0x80;   // nothing longer than it need be
        const unsigned high = lead == 0xED ? 0x9F : 0xBF;  // no surrogates
        return in(1, low, high) && in(2, 0x80, 0xBF) ? 3 : 0;
    }
    if (lead >= 0xF0 && lead <= 0xF4) {
        const unsigned low = lead == 0xF0 ? 0x90 : 0x80;
        const unsigned high = lead == 0xF4 ? 0x8F : 0xBF;
        return in(1, low, high) && in(2, 0x80, 0xBF) && in(3, 0x80, 0xBF) ? 4 : 0;
    }
    return 0;
}

}  // namespace

std::string go_fixed(double value) {
    if (!std::isfinite(value)) return number_text(value);
    return fmt::format("{:.6f}", value);
}

std::string go_quoted(std::string_view text) {
    std::string quoted = "\"";
    while (!text.empty()) {
        const std::size_t length = utf8_length(text);
        const char c = text.front();
        if (length > 1) {
            quoted += text.substr(0, length);
            text.remove_prefix(length);
            continue;
        }
        switch (c) {
            case '"': quoted += "\\\""; break;
            case '\\': quoted += "\\\\"; break;
            case '\a': quoted += "\\a"; break;
            case '\b': quoted += "\\b"; break;
            case '\f': quoted += "\\f"; break;
            case '\n': quoted += "\\n"; break;
            case '\r': quoted += "\\r"; break;
            case '\t': quoted += "\\t"; break;
            case '\v': quoted += "\\v"; break;
            default:
                if (length == 0 || c < ' ' || c == 0x7F) {
                    quoted += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
                } else {
                    quoted += c;
                }
        }
        text.remove_prefix(1);
    }
    return quoted + '"';
}

std::optional<double> go_float(std::string_view text) {
    if (same_word(text, "nan")) return std::numeric_limits<double>::quiet_NaN();
    const bool negative = text.starts_with('-');
    if (negative || text.starts_with('+')) text.remove_prefix(1);
    const double sign = negative ? -1 : 1;
    if (same_word(text, "inf") || same_word(text, "infinity")) return sign * std::numeric_limits<double>::infinity();

    auto format = std::chars_format::general;
    if (text.starts_with("0x") || text.starts_with("0X")) {
        text.remove_prefix(2);
        if (text.find_first_of("pP") == std::string_view::npos) return std::nullopt;
        format = std::chars_format::hex;
    }
    // from_chars knows a sign and words of its own.
    const std::string_view starts = format == std::chars_format::hex ? ".0123456789abcdefABCDEF" : ".0123456789";
    if (text.empty() || starts.find(text.front()) == std::string_view::npos) return std::nullopt;
    double value = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), value, format);
    if (read.ptr != text.data() + text.size()) return std::nullopt;
    if (read.ec == std::errc::result_out_of_range) {
        // What is too small is 0 for Go, and no error.
        const auto exponent = text.find_first_of(format == std::chars_format::hex ? "pP" : "eE");
        if (exponent == std::string_view::npos || text.substr(exponent + 1).front() != '-') return std::nullopt;
        return sign * 0.0;
    }
    if (read.ec != std::errc{}) return std::nullopt;
    return sign * value;
}

bool is_utf8_label_name(std::string_view name) noexcept {
    if (name.empty()) return false;
    while (!name.empty()) {
        const std::size_t length = utf8_length(name);
        if (length == 0) return false;
        name.remove_prefix(length);
    }
    return true;
}

}  // namespace outrider::rules::promql
