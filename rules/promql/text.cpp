#include "rules/promql/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>

#include "rules/promql/scanner.h"

namespace outrider::rules::promql {
namespace {

constexpr bool is_hex(std::string_view text) {
    return text.size() > 1 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
}

// The text without its underscores; nullopt when one of them does not stand between two digits. One may follow 0x.
std::optional<std::string> without_underscores(std::string_view text) {
    const bool hex = is_hex(text);
    const auto digit = [hex](char c) { return hex ? is_hex_digit(c) : is_digit(c); };
    std::string kept;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '_') {
            kept += text[i];
        } else if (i == 0 || i + 1 == text.size() || !digit(text[i + 1]) || !(digit(text[i - 1]) || (hex && i == 2))) {
            return std::nullopt;
        }
    }
    return kept;
}

std::optional<double> integer(std::string_view digits, int base) {
    std::int64_t value = 0;
    const auto* end = digits.data() + digits.size();
    const auto [at, status] = std::from_chars(digits.data(), end, value, base);
    if (status != std::errc{} || at != end) return std::nullopt;
    return static_cast<double>(value);
}

constexpr std::string_view kInvalid = "invalid syntax";
constexpr std::string_view kOutOfRange = "value out of range";

// Above this many nanoseconds a double of seconds is a millisecond's business: 2^50, 13 days.
constexpr double kFine = 1125899906842624.0;
constexpr std::int64_t kMillisecond = 1'000'000;

}  // namespace

std::variant<double, std::string_view> parse_number(std::string_view text) {
    const auto plain = without_underscores(text);
    if (!plain || plain->empty()) return kInvalid;
    if (is_hex(*plain)) {
        const auto digits = std::string_view{*plain}.substr(2);
        if (const auto value = integer(digits, 16)) return *value;
        return kInvalid;  // 64 bits and more want an exponent in Go, which the lexer does not take
    }
    if (std::ranges::all_of(*plain, is_digit)) {
        const bool octal = plain->size() > 1 && plain->front() == '0';
        if (const auto value = integer(*plain, octal ? 8 : 10)) return *value;
    }
    double value = 0;
    const auto* end = plain->data() + plain->size();
    const auto [at, status] = std::from_chars(plain->data(), end, value);
    if (status == std::errc::result_out_of_range) {
        value = std::strtod(plain->c_str(), nullptr);  // tells too small, which is 0, from too large
        if (std::isinf(value)) return kOutOfRange;
        return value;
    }
    if (status != std::errc{} || at != end) return kInvalid;
    return value;
}

std::optional<Duration> duration_of(double seconds) {
    const double nanoseconds = std::round(seconds * 1e9);
    if (!(std::abs(nanoseconds) <= static_cast<double>(kLongestDuration.count()))) return std::nullopt;
    if (std::abs(nanoseconds) <= kFine) return Duration{static_cast<std::int64_t>(nanoseconds)};
    const Duration whole{static_cast<std::int64_t>(std::round(seconds * 1e3)) * kMillisecond};
    return std::clamp(whole, -kLongestDuration, kLongestDuration);
}

double seconds_of(Duration duration) noexcept {
    constexpr std::int64_t second = 1'000'000'000;
    const auto whole = duration.count() / second;
    return static_cast<double>(whole) + static_cast<double>(duration.count() % second) / 1e9;
}

std::string duration_literal(Duration duration) {
    const auto nanoseconds = duration.count();
    if (nanoseconds < 0) return "-" + duration_literal(-duration);
    if (nanoseconds == 0) return "0s";
    if (nanoseconds % kMillisecond != 0) {
        constexpr std::int64_t second = 1'000'000'000;
        auto text = fmt::format("{}.{:09}", nanoseconds / second, nanoseconds % second);
        text.erase(text.find_last_not_of('0') + 1);
        return text;
    }
    struct Unit {
        std::string_view name;
        std::int64_t milliseconds;
        bool even;  // only when nothing remains
    };
    constexpr std::array<Unit, 7> units{{{"y", 365 * 86'400'000LL, true},
                                         {"w", 7 * 86'400'000LL, true},
                                         {"d", 86'400'000LL, false},
                                         {"h", 3'600'000LL, false},
                                         {"m", 60'000LL, false},
                                         {"s", 1'000LL, false},
                                         {"ms", 1LL, false}}};
    auto rest = nanoseconds / kMillisecond;
    std::string text;
    for (const auto& unit : units) {
        if (rest < unit.milliseconds || (unit.even && rest % unit.milliseconds != 0)) continue;
        text += fmt::format("{}{}", rest / unit.milliseconds, unit.name);
        rest %= unit.milliseconds;
    }
    return text;
}

std::string number_literal(double value) {
    if (std::isnan(value)) return "NaN";
    if (std::isinf(value)) return value < 0 ? "-Inf" : "+Inf";
    const double size = std::abs(value);
    const bool plain = size == 0 || (size >= 1e-6 && size < 1e21);
    std::array<char, 64> text{};
    const auto end = std::to_chars(text.data(), text.data() + text.size(), value,
                                   plain ? std::chars_format::fixed : std::chars_format::scientific)
                         .ptr;
    return {text.data(), end};
}

std::string lower_case(std::string_view text) {
    std::string lower{text};
    for (char& c : lower)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return lower;
}

std::size_t utf8_length(std::string_view text) noexcept {
    if (text.empty()) return 0;
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const auto first = byte(0);
    if (first < 0x80) return 1;
    const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
    if (first < 0xC2 || first > 0xF4 || text.size() < length) return 0;
    for (std::size_t i = 1; i < length; ++i)
        if ((byte(i) & 0xC0U) != 0x80) return 0;
    // Too long a form, a surrogate, beyond U+10FFFF
    if ((first == 0xE0 && byte(1) < 0xA0) || (first == 0xED && byte(1) > 0x9F) || (first == 0xF0 && byte(1) < 0x90) ||
        (first == 0xF4 && byte(1) > 0x8F))
        return 0;
    return length;
}

bool is_utf8(std::string_view text) noexcept {
    while (!text.empty()) {
        const auto length = utf8_length(text);
        if (length == 0) return false;
        text.remove_prefix(length);
    }
    return true;
}

std::string quoted(std::string_view text) {
    constexpr std::string_view named = "\a\b\f\n\r\t\v\\\"";
    constexpr std::string_view letters = "abfnrtv\\\"";
    std::string out = "\"";
    while (!text.empty()) {
        const auto length = utf8_length(text);
        const auto escape = named.find(text.front());
        const auto byte = static_cast<unsigned char>(text.front());
        if (escape != std::string_view::npos) {
            out += '\\';
            out += letters[escape];
        } else if (length == 0 || byte < 0x20 || byte == 0x7F) {
            out += fmt::format("\\x{:02x}", byte);
        } else {
            out += text.substr(0, length);
        }
        text.remove_prefix(std::max<std::size_t>(length, 1));
    }
    return out + "\"";
}

std::string quoted_character(std::string_view text) {
    const auto length = utf8_length(text);
    if (length == 0) return "'\xEF\xBF\xBD'";  // U+FFFD, as Go shows what is no character
    auto inner = quoted(text.substr(0, length));
    if (text.front() == '\'') return "'\\''";
    if (text.front() == '"') return "'\"'";
    inner.front() = inner.back() = '\'';
    return inner;
}

}  // namespace outrider::rules::promql
