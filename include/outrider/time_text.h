// Times and durations as text: RFC 3339 for moments, Prometheus's notation (1h30m, 200ms) for durations.
#pragma once

#include <array>
#include <charconv>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>

#include "outrider/time.h"

namespace outrider {

/// RFC 3339 in UTC with milliseconds, e.g. 2026-03-01T07:05:09.120Z (fractions are cut, not rounded).
[[nodiscard]] inline std::string rfc3339(Instant at) {
    using namespace std::chrono;
    const auto moment = floor<milliseconds>(at);  // in nanoseconds, the first day of Instant's range has no midnight
    const auto day = floor<days>(moment);
    const year_month_day date{day};
    const hh_mm_ss<milliseconds> clock{moment - day};
    std::array<char, 40> text{};
    const int n = std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ", int{date.year()},
                                unsigned{date.month()}, unsigned{date.day()}, static_cast<int>(clock.hours().count()),
                                static_cast<int>(clock.minutes().count()), static_cast<int>(clock.seconds().count()),
                                static_cast<int>(clock.subseconds().count()));
    return {text.data(), static_cast<std::size_t>(n)};
}

/// Reads Prometheus's duration notation: one or more `NUMBER UNIT` from y w d h m s ms, largest unit first, each once;
/// plain `0` is allowed. nullopt for anything else (a bare `30`, a sign, a fraction, overflow beyond 290 years).
[[nodiscard]] constexpr std::optional<Duration> parse_duration(std::string_view text) {
    struct Unit {
        std::string_view name;
        std::int64_t nanoseconds;
    };
    constexpr std::int64_t second = 1'000'000'000;
    constexpr std::array<Unit, 7> units{{{"y", 365 * 86400 * second},
                                         {"w", 7 * 86400 * second},
                                         {"d", 86400 * second},
                                         {"h", 3600 * second},
                                         {"m", 60 * second},
                                         {"s", second},
                                         {"ms", second / 1000}}};
    if (text == "0") return Duration{0};
    if (text.empty()) return std::nullopt;
    constexpr std::int64_t limit = INT64_MAX;
    std::int64_t total = 0;
    std::size_t next_unit = 0;
    while (!text.empty()) {
        std::int64_t number = 0;
        std::size_t digits = 0;
        while (digits < text.size() && text[digits] >= '0' && text[digits] <= '9') {
            if (number > (limit - 9) / 10) return std::nullopt;
            number = number * 10 + (text[digits++] - '0');
        }
        if (digits == 0) return std::nullopt;
        text.remove_prefix(digits);
        std::size_t letters = 0;
        while (letters < text.size() && text[letters] >= 'a' && text[letters] <= 'z') ++letters;
        const auto name = text.substr(0, letters);
        text.remove_prefix(letters);
        while (next_unit < units.size() && units[next_unit].name != name) ++next_unit;
        if (next_unit == units.size()) return std::nullopt;
        const auto unit = units[next_unit++].nanoseconds;
        if (number > (limit - total) / unit) return std::nullopt;
        total += number * unit;
    }
    return Duration{total};
}

/// The shortest such notation, e.g. 1m30s; what lies below a millisecond is cut. Negative durations get a leading '-'.
[[nodiscard]] inline std::string duration_text(Duration d) {
    using namespace std::chrono;
    auto ms = duration_cast<milliseconds>(d).count();
    if (ms == 0) return "0s";
    std::string text = ms < 0 ? "-" : "";
    if (ms < 0) ms = -ms;
    const auto take = [&](std::int64_t unit, const char* name) {
        if (ms >= unit) text += std::to_string(ms / unit) + name;
        ms %= unit;
    };
    take(86'400'000, "d");
    take(3'600'000, "h");
    take(60'000, "m");
    take(1'000, "s");
    take(1, "ms");
    return text;
}

}  // namespace outrider
