#include "rules/promql/number_text.h"

#include <array>
#include <charconv>
#include <cmath>

namespace outrider::rules::promql {
namespace {

// 1.8e308 has 309 digits before the point, 5e-324 has 324 behind it.
using Buffer = std::array<char, 512>;

std::string special(double value) { return std::isnan(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf"; }

std::string shortest(double value, std::chars_format format) {
    Buffer buffer{};
    const auto [end, status] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, format);
    return status == std::errc{} ? std::string{buffer.data(), end} : std::string{};
}

}  // namespace

std::string number_text(double value) {
    if (!std::isfinite(value)) return special(value);
    // Go's %g and %v take the exponent form below 1e-4 and from 1e6 on.
    const auto magnitude = std::abs(value);
    const bool exponent = magnitude != 0 && (magnitude < 1e-4 || magnitude >= 1e6);
    return shortest(value, exponent ? std::chars_format::scientific : std::chars_format::fixed);
}

std::string number_text_without_exponent(double value) {
    if (!std::isfinite(value)) return special(value);
    return shortest(value, std::chars_format::fixed);
}

}  // namespace outrider::rules::promql
