#include "rules/promql/functions/calendar.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace outrider::rules::promql {
namespace {

constexpr std::int64_t kDay = 86'400;        // seconds
constexpr std::int64_t kEra = 146'097;       // days in the 400 years after which the calendar repeats
constexpr std::int64_t kEpochDay = 719'468;  // from 0000-03-01 to 1970-01-01

constexpr double kTwoTo63 = 9223372036854775808.0;
// Go's calendar begins in March of the year -292277022400; what int64 holds before that, it takes for 2^64 seconds
// later.
constexpr std::int64_t kGoFirst = -9'223'372'028'741'760'000;

std::int64_t floor_divide(std::int64_t a, std::int64_t b) noexcept { return a / b - (a % b < 0 ? 1 : 0); }

struct Moment {
    std::int64_t day = 0;  // since 1970
    std::int64_t second_of_day = 0;
};

// Seconds cut off towards 0, as Go on amd64 converts them: NaN and what is too large become the smallest int64.
Moment moment_of(double value) noexcept {
    const bool fits = value >= -kTwoTo63 && value < kTwoTo63;
    const auto seconds = fits ? static_cast<std::int64_t>(value) : std::numeric_limits<std::int64_t>::min();
    if (seconds < kGoFirst) {
        const auto wrapped = static_cast<std::uint64_t>(seconds);
        return {static_cast<std::int64_t>(wrapped / kDay), static_cast<std::int64_t>(wrapped % kDay)};
    }
    const auto day = floor_divide(seconds, kDay);
    return {day, seconds - day * kDay};
}

struct Date {
    std::int64_t year = 0;
    int month = 0;        // 1 to 12
    int day = 0;          // 1 to 31
    int day_of_year = 0;  // 1 to 366
    int day_of_week = 0;  // 0 is Sunday
    int days_in_month = 0;
};

bool is_leap(std::int64_t year) noexcept { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }

int days_of(int month, std::int64_t year) noexcept {
    constexpr std::array<int, 12> kDays{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return kDays[static_cast<std::size_t>(month - 1)] + (month == 2 && is_leap(year) ? 1 : 0);
}

// The proleptic Gregorian calendar. Years are counted from March, so that the leap day is the last of its year and the
// months' lengths (31 30 31 30 31, 31 30 31 30 31, 31 …) follow from 153 days in five months.
Date date_of(std::int64_t day_number) noexcept {
    const std::int64_t since_march = day_number + kEpochDay;
    const std::int64_t era = floor_divide(since_march, kEra);
    const std::int64_t day_of_era = since_march - era * kEra;  // 0 to 146096
    const std::int64_t year_of_era =
        (day_of_era - day_of_era / 1'460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;  // 0 to 399
    const auto day = static_cast<int>(day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100));
    const int march_month = (5 * day + 2) / 153;  // 0 is March

    Date date;
    date.month = march_month < 10 ? march_month + 3 : march_month - 9;
    date.day = day - (153 * march_month + 2) / 5 + 1;
    date.year = year_of_era + era * 400 + (date.month <= 2 ? 1 : 0);
    date.days_in_month = days_of(date.month, date.year);
    date.day_of_year = date.day;
    for (int month = 1; month < date.month; ++month) date.day_of_year += days_of(month, date.year);
    date.day_of_week =
        static_cast<int>(day_number + 4 - 7 * floor_divide(day_number + 4, 7));  // 1970 began on Thursday
    return date;
}

template <class Field>
double date_field(double value, Field Date::*field) noexcept {
    return static_cast<double>(date_of(moment_of(value).day).*field);
}

double clock_field(double value, std::int64_t unit, std::int64_t count) noexcept {
    return static_cast<double>(moment_of(value).second_of_day / unit % count);
}

}  // namespace

double year_of(double value, std::span<const double>) { return date_field(value, &Date::year); }
double month_of(double value, std::span<const double>) { return date_field(value, &Date::month); }
double day_of_month_of(double value, std::span<const double>) { return date_field(value, &Date::day); }
double day_of_week_of(double value, std::span<const double>) { return date_field(value, &Date::day_of_week); }
double day_of_year_of(double value, std::span<const double>) { return date_field(value, &Date::day_of_year); }
double days_in_month_of(double value, std::span<const double>) { return date_field(value, &Date::days_in_month); }
double hour_of(double value, std::span<const double>) { return clock_field(value, 3'600, 24); }
double minute_of(double value, std::span<const double>) { return clock_field(value, 60, 60); }

}  // namespace outrider::rules::promql
