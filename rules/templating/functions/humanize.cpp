// Numbers, durations and times for people, as Prometheus writes them.
#include <fmt/format.h>

#include <array>
#include <cmath>
#include <limits>
#include <span>

#include "rules/gotext/number.h"
#include "rules/gotext/quote.h"
#include "rules/templating/functions/functions.h"

namespace outrider::rules::templating {
namespace {

constexpr std::array<std::string_view, 8> kLarge{"k", "M", "G", "T", "P", "E", "Z", "Y"};
constexpr std::array<std::string_view, 8> kBinary{"ki", "Mi", "Gi", "Ti", "Pi", "Ei", "Zi", "Yi"};
constexpr std::array<std::string_view, 8> kSmall{"m", "u", "n", "p", "f", "a", "z", "y"};

/// The number that a value is, or that its text is.
Result<double> to_number(const Value& value) {
    if (const auto* number = std::get_if<double>(&value)) return *number;
    if (const auto* number = std::get_if<std::int64_t>(&value)) return static_cast<double>(*number);
    if (const auto* text = std::get_if<std::string>(&value)) {
        auto number = gotext::parse_float(*text);
        if (number) return number;
        return Error{fmt::format("parsing {}: {}", gotext::quote(text->substr(0, 100)), number.error().text)};
    }
    return Error{fmt::format("can't convert {} to float", type_name(value))};
}

std::string four_digits(double value) { return gotext::format_float(value, 'g', 4); }

std::string large(double value, double base, std::span<const std::string_view> units) {
    std::string_view prefix;
    for (const auto& unit : units) {
        if (std::fabs(value) < base) break;
        prefix = unit;
        value /= base;
    }
    return fmt::format("{}{}", four_digits(value), prefix);
}

std::string small(double value) {
    std::string_view prefix;
    for (const auto& unit : kSmall) {
        if (std::fabs(value) >= 1) break;
        prefix = unit;
        value *= 1000;
    }
    return fmt::format("{}{}", four_digits(value), prefix);
}

/// Go's conversion on amd64: what does not fit is the smallest integer.
std::int64_t to_integer(double value) {
    constexpr double beyond = 9223372036854775808.0;  // 2^63
    return value >= -beyond && value < beyond ? static_cast<std::int64_t>(value)
                                              : std::numeric_limits<std::int64_t>::min();
}

std::string duration(double value) {
    if (!std::isfinite(value)) return four_digits(value);
    if (value == 0) return four_digits(value) + "s";
    if (std::fabs(value) < 1) return small(value) + "s";
    const std::string_view sign = value < 0 ? "-" : "";
    value = std::fabs(value);
    const auto whole = to_integer(value);
    const auto seconds = whole % 60;
    const auto minutes = whole / 60 % 60;
    const auto hours = whole / 3600 % 24;
    const auto days = whole / 86400;
    if (days != 0) return fmt::format("{}{}d {}h {}m {}s", sign, days, hours, minutes, seconds);
    if (hours != 0) return fmt::format("{}{}h {}m {}s", sign, hours, minutes, seconds);
    if (minutes != 0) return fmt::format("{}{}m {}s", sign, minutes, seconds);
    return fmt::format("{}{}s", sign, four_digits(value));
}

/// Seconds since 1970, which must be within the years 1678 to 2262.
Result<Timestamp> timestamp(double seconds) {
    const auto nanoseconds = seconds * 1e9;
    if (!(std::fabs(nanoseconds) < 9223372036854775808.0))
        return Error{fmt::format("{} cannot be represented as a nanoseconds timestamp since it overflows int64",
                                 gotext::format_float(seconds, 'g', -1))};
    return Timestamp{static_cast<std::int64_t>(nanoseconds) / 1'000'000};
}

}  // namespace

Result<Value> humanize(const Call& call) {
    const auto value = to_number(call.arguments[0]);
    if (!value) return value.error();
    if (*value == 0 || !std::isfinite(*value)) return Value{four_digits(*value)};
    return Value{std::fabs(*value) >= 1 ? large(*value, 1000, kLarge) : small(*value)};
}

Result<Value> humanize_1024(const Call& call) {
    const auto value = to_number(call.arguments[0]);
    if (!value) return value.error();
    if (std::fabs(*value) <= 1 || !std::isfinite(*value)) return Value{four_digits(*value)};
    return Value{large(*value, 1024, kBinary)};
}

Result<Value> humanize_duration(const Call& call) {
    const auto value = to_number(call.arguments[0]);
    if (!value) return value.error();
    return Value{duration(*value)};
}

Result<Value> humanize_percentage(const Call& call) {
    const auto value = to_number(call.arguments[0]);
    if (!value) return value.error();
    return Value{four_digits(*value * 100) + "%"};
}

Result<Value> humanize_timestamp(const Call& call) {
    const auto value = to_number(call.arguments[0]);
    if (!value) return value.error();
    if (!std::isfinite(*value)) return Value{four_digits(*value)};
    const auto time = timestamp(*value);
    if (!time) return time.error();
    return Value{to_string(*time)};
}

Result<Value> to_time(const Call& call) {
    const auto value = to_number(call.arguments[0]);
    if (!value) return value.error();
    if (!std::isfinite(*value)) return Error{"value is NaN or Inf"};
    const auto time = timestamp(*value);
    if (!time) return time.error();
    return Value{*time};
}

Result<Value> parse_duration(const Call& call) {
    struct Unit {
        std::string_view name;
        std::int64_t milliseconds;
    };
    constexpr std::array units{
        Unit{"y", 31'536'000'000}, Unit{"w", 604'800'000}, Unit{"d", 86'400'000}, Unit{"h", 3'600'000},
        Unit{"m", 60'000},         Unit{"s", 1000},        Unit{"ms", 1}};
    constexpr std::int64_t longest = std::numeric_limits<std::int64_t>::max() / 1'000'000;  // in nanoseconds
    std::string_view rest = call.text(0);
    const Error invalid{fmt::format("not a valid duration string: {}", gotext::quote(rest.substr(0, 100)))};
    const Error too_long{"duration out of range"};
    if (rest == "0") return Value{0.0};
    if (rest.empty()) return Error{"empty duration string"};
    const auto* next = units.begin();  // from large to small, each once
    std::int64_t total = 0;
    while (!rest.empty()) {
        const auto digits = std::min(rest.find_first_not_of("0123456789"), rest.size());
        if (digits == 0) return invalid;
        std::int64_t count = 0;
        for (const char c : rest.substr(0, digits)) {
            count = count * 10 + (c - '0');
            if (count > longest) return too_long;
        }
        rest.remove_prefix(digits);
        const auto letters = std::min(rest.find_first_of("0123456789"), rest.size());
        while (next != units.end() && next->name != rest.substr(0, letters)) ++next;
        if (next == units.end()) return invalid;
        if (count > (longest - total) / next->milliseconds) return too_long;
        total += count * next->milliseconds;
        rest.remove_prefix(letters);
        ++next;
    }
    return Value{static_cast<double>(total) / 1000};
}

}  // namespace outrider::rules::templating
