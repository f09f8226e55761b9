#include "rules/promql/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "rules/gotext/number.h"

namespace outrider::rules::promql {
namespace {

// Above this many nanoseconds a double of seconds is a millisecond's business: 2^50, 13 days.
constexpr double kFine = 1125899906842624.0;
constexpr std::int64_t kMillisecond = 1'000'000;

}  // namespace

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
    const double size = std::abs(value);
    const bool plain = size == 0 || (size >= 1e-6 && size < 1e21);
    return gotext::format_float(value, plain ? 'f' : 'e', -1);
}

std::string lower_case(std::string_view text) {
    std::string lower{text};
    for (char& c : lower)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return lower;
}

}  // namespace outrider::rules::promql
