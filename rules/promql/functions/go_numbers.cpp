#include "rules/promql/functions/go_numbers.h"

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

}  // namespace

std::string go_fixed(double value) {
    if (!std::isfinite(value)) return number_text(value);
    return fmt::format("{:.6f}", value);
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

}  // namespace outrider::rules::promql
