#include "rules/testing/start_timestamp.h"

#include <chrono>
#include <cmath>

#include "rules/gotext/number.h"

namespace outrider::rules::testing {
namespace {

/// Takes numbers and signs off the front of a text; `failed` once something else was there.
struct Scanner {
    std::string_view text;
    bool failed = false;

    int number(std::size_t digits) {
        int value = 0;
        for (std::size_t i = 0; i < digits; ++i) {
            if (text.empty() || text[0] < '0' || text[0] > '9') {
                failed = true;
                return 0;
            }
            value = value * 10 + (text[0] - '0');
            text.remove_prefix(1);
        }
        return value;
    }
    /// One of `wanted`; '\0' when it is none of them.
    char one_of(std::string_view wanted) {
        if (text.empty() || wanted.find(text[0]) == std::string_view::npos) {
            failed = true;
            return '\0';
        }
        const char c = text[0];
        text.remove_prefix(1);
        return c;
    }
};

std::optional<Instant> parse_rfc3339(std::string_view text) {
    using namespace std::chrono;
    Scanner in{text};
    const auto year_number = in.number(4);
    in.one_of("-");
    const auto month_number = static_cast<unsigned>(in.number(2));
    in.one_of("-");
    const auto day_number = static_cast<unsigned>(in.number(2));
    in.one_of("Tt ");
    const auto hour = in.number(2);
    in.one_of(":");
    const auto minute = in.number(2);
    in.one_of(":");
    const auto second = in.number(2);
    Duration fraction{0};
    if (in.text.starts_with('.')) {
        in.text.remove_prefix(1);
        Duration unit = 100ms;
        do {
            fraction += unit * in.number(1);
            unit /= 10;
        } while (!in.failed && !in.text.empty() && in.text[0] >= '0' && in.text[0] <= '9');
    }
    const char sign = in.one_of("Zz+-");
    minutes offset{0};
    if (sign == '+' || sign == '-') {
        offset = hours{in.number(2)};
        in.one_of(":");
        offset += minutes{in.number(2)};
        if (sign == '-') offset = -offset;
    }
    const year_month_day date{year{year_number}, month{month_number}, day{day_number}};
    if (in.failed || !in.text.empty() || !date.ok() || year_number < 1900 || year_number > 2200) return std::nullopt;
    if (hour > 23 || minute > 59 || second > 59) return std::nullopt;
    return Instant{sys_days{date}} + hours{hour} + minutes{minute} + std::chrono::seconds{second} + fraction - offset;
}

}  // namespace

std::optional<Instant> parse_start_timestamp(std::string_view text) {
    constexpr double limit = 2'208'988'800;  // 1900 is that many seconds before 1970
    if (const auto number = gotext::parse_number(text)) {
        if (!(std::abs(*number) <= limit)) return std::nullopt;
        return Instant{from_seconds(*number)};
    }
    return parse_rfc3339(text);
}

}  // namespace outrider::rules::testing
