#include "probes/meters/clock_text.h"

#include <algorithm>
#include <charconv>

namespace outrider::probes {
namespace {

/// A whole number in exactly these characters, all digits; nullopt for anything else.
std::optional<std::int64_t> digits(std::string_view text) {
    std::int64_t value = 0;
    if (text.empty() || text[0] == '-') return std::nullopt;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

/// The digits behind a point, as a part of a second.
std::optional<Duration> fraction(std::string_view text) {
    constexpr std::size_t kNanoseconds = 9;
    std::string_view kept = text.substr(0, kNanoseconds);
    auto value = digits(kept);
    if (!value || !std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; })) return std::nullopt;
    for (auto size = kept.size(); size < kNanoseconds; ++size) *value *= 10;
    return Duration{*value};
}

std::optional<Duration> time_of_day(std::string_view text) {
    if (text.size() < 8 || text[2] != ':' || text[5] != ':') return std::nullopt;
    const auto hour = digits(text.substr(0, 2));
    const auto minute = digits(text.substr(3, 2));
    const auto second = digits(text.substr(6, 2));
    if (!hour || !minute || !second || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
    Duration rest{};
    if (text.size() > 8) {
        const auto part = text[8] == '.' ? fraction(text.substr(9)) : std::nullopt;
        if (!part) return std::nullopt;
        rest = *part;
    }
    return std::chrono::hours{*hour} + std::chrono::minutes{*minute} + std::chrono::seconds{*second} + rest;
}

std::optional<Instant> day_of(std::string_view year, std::string_view month, std::string_view day) {
    const auto y = digits(year);
    const auto m = digits(month);
    const auto d = digits(day);
    if (!y || !m || !d || *y < 1970 || *y > 2100) return std::nullopt;  // Instant ends in 2262
    const std::chrono::year_month_day date{std::chrono::year{static_cast<int>(*y)},
                                           std::chrono::month{static_cast<unsigned>(*m)},
                                           std::chrono::day{static_cast<unsigned>(*d)}};
    if (!date.ok()) return std::nullopt;
    return Instant{std::chrono::sys_days{date}};
}

std::optional<Instant> unix_time(std::string_view text) {
    const auto value = digits(text);
    if (!value) return std::nullopt;
    const std::int64_t scale = text.size() == 13 ? 1'000'000 : text.size() == 16 ? 1'000 : 1;
    if (*value > INT64_MAX / scale) return std::nullopt;
    return Instant{Duration{*value * scale}};
}

}  // namespace

std::optional<Instant> read_clock_text(std::span<const std::uint8_t> bytes) {
    const std::string_view text{reinterpret_cast<const char*>(bytes.data()), bytes.size()};
    if (text.size() == 13 || text.size() == 16 || text.size() == 19)
        if (const auto moment = unix_time(text)) return moment;
    if (text.size() < 20 || text.size() > 40 || text[10] != 'T' || text.back() != 'Z') return std::nullopt;
    return read_date_and_time(text.substr(0, 10), text.substr(11, text.size() - 12));
}

std::optional<Instant> read_date_and_time(std::string_view date, std::string_view time) {
    if (date.size() != 10) return std::nullopt;
    std::optional<Instant> day;
    if (date[4] == '-' && date[7] == '-') day = day_of(date.substr(0, 4), date.substr(5, 2), date.substr(8));
    if (date[2] == '-' && date[5] == '-') day = day_of(date.substr(6), date.substr(3, 2), date.substr(0, 2));
    const auto since_midnight = time_of_day(time);
    if (!day || !since_midnight) return std::nullopt;
    return *day + *since_midnight;
}

}  // namespace outrider::probes
