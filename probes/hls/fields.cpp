#include "probes/hls/fields.h"

#include <algorithm>
#include <charconv>

namespace outrider::probes {
namespace {

constexpr std::uint64_t kMaxInteger = INT64_MAX;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Takes exactly `digits` digits off the front.
std::optional<int> take_number(std::string_view& text, std::size_t digits) {
    if (text.size() < digits || !std::ranges::all_of(text.substr(0, digits), is_digit)) return std::nullopt;
    int value = 0;
    for (std::size_t i = 0; i < digits; ++i) value = value * 10 + (text[i] - '0');
    text.remove_prefix(digits);
    return value;
}

bool take(std::string_view& text, char c) {
    if (!text.starts_with(c)) return false;
    text.remove_prefix(1);
    return true;
}

/// Digits after the decimal point as nanoseconds.
std::int64_t take_fraction(std::string_view& text) {
    std::int64_t nanoseconds = 0;
    std::int64_t unit = 100'000'000;
    for (; !text.empty() && is_digit(text[0]); text.remove_prefix(1), unit /= 10) nanoseconds += (text[0] - '0') * unit;
    return nanoseconds;
}

/// Offset from UTC; an empty text is UTC.
std::optional<Duration> read_zone(std::string_view text) {
    if (text.empty() || text == "Z" || text == "z") return Duration{0};
    const bool west = text[0] == '-';
    if (!west && text[0] != '+') return std::nullopt;
    text.remove_prefix(1);
    const auto hours = take_number(text, 2);
    if (!hours || *hours > 23) return std::nullopt;
    int minutes = 0;
    if (!text.empty()) {
        (void)take(text, ':');
        const auto read = take_number(text, 2);
        if (!read || *read > 59 || !text.empty()) return std::nullopt;
        minutes = *read;
    }
    const Duration offset = std::chrono::hours{*hours} + std::chrono::minutes{minutes};
    return west ? -offset : offset;
}

}  // namespace

std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(" \t\r");
    if (first == text.npos) return {};
    return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

std::optional<std::uint64_t> read_integer(std::string_view text) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || value > kMaxInteger) return std::nullopt;
    return value;
}

std::optional<Duration> read_seconds(std::string_view text, Duration limit) {
    const bool negative = take(text, '-');
    const auto whole = text.substr(0, text.find('.'));
    text.remove_prefix(whole.size());
    const auto fraction_given = take(text, '.');
    const auto seconds = whole.empty() && fraction_given && !text.empty() ? 0 : read_integer(whole);
    if (!seconds || *seconds > static_cast<std::uint64_t>(limit / std::chrono::seconds{1})) return std::nullopt;
    const Duration fraction{take_fraction(text)};
    if (!text.empty()) return std::nullopt;
    const auto value = std::chrono::seconds{static_cast<std::int64_t>(*seconds)} + fraction;
    if (value > limit) return std::nullopt;
    return negative ? -value : value;
}

std::optional<Instant> read_date_time(std::string_view text) {
    using namespace std::chrono;
    const auto y = take_number(text, 4);
    const bool dashes = take(text, '-');
    const auto m = take_number(text, 2);
    if (dashes && !take(text, '-')) return std::nullopt;
    const auto d = take_number(text, 2);
    if (!y || !m || !d) return std::nullopt;
    const year_month_day date{year{*y}, month{static_cast<unsigned>(*m)}, day{static_cast<unsigned>(*d)}};
    if (!date.ok() || *y < 1970 || *y > 2100) return std::nullopt;
    if (!take(text, 'T') && !take(text, 't') && !take(text, ' ')) return std::nullopt;

    const auto hour = take_number(text, 2);
    const bool colons = take(text, ':');
    const auto minute = take_number(text, 2);
    if (colons && !take(text, ':')) return std::nullopt;
    const auto second = take_number(text, 2);
    if (!hour || !minute || !second || *hour > 24 || *minute > 59 || *second > 60) return std::nullopt;
    const bool has_fraction = take(text, '.') || take(text, ',');
    const Duration fraction{has_fraction ? take_fraction(text) : 0};
    const auto zone = read_zone(text);
    if (!zone) return std::nullopt;
    return Instant{sys_days{date}} + hours{*hour} + minutes{*minute} + std::chrono::seconds{*second} + fraction - *zone;
}

std::optional<ByteRange> read_byte_range(std::string_view text, std::optional<std::uint64_t> next) {
    const auto at = text.find('@');
    const auto length = read_integer(trimmed(text.substr(0, at)));
    const auto offset = at == text.npos ? next : read_integer(trimmed(text.substr(at + 1)));
    if (!length || !offset || *length == 0 || *offset > kMaxInteger - *length) return std::nullopt;
    return ByteRange{.offset = *offset, .length = *length};
}

std::optional<Attribute> AttributeList::next() {
    rest_ = trimmed(rest_);
    if (rest_.empty() || broken_) return std::nullopt;
    const auto equals = rest_.find_first_of("=,\"");
    if (equals == rest_.npos || rest_[equals] != '=' || equals == 0) {
        broken_ = true;
        return std::nullopt;
    }
    Attribute out{.name = trimmed(rest_.substr(0, equals)), .value = {}};
    rest_ = trimmed(rest_.substr(equals + 1));
    if (take(rest_, '"')) {
        const auto quote = rest_.find('"');
        if (quote == rest_.npos) {
            broken_ = true;
            return std::nullopt;
        }
        out.value = rest_.substr(0, quote);
        rest_ = trimmed(rest_.substr(quote + 1));
        if (!rest_.empty() && rest_[0] != ',') {
            broken_ = true;
            return std::nullopt;
        }
    } else {
        out.value = trimmed(rest_.substr(0, rest_.find(',')));
        rest_.remove_prefix(std::min(rest_.find(','), rest_.size()));
    }
    (void)take(rest_, ',');
    return out;
}

}  // namespace outrider::probes
