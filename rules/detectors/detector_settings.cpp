#include "rules/detectors/detector_settings.h"

#include <charconv>
#include <limits>

#include "rules/detectors/usable.h"

namespace outrider::rules {

std::optional<double> read_number(const SettingValue& value, double min, double max, std::string_view wanted) {
    if (!value.present()) return std::nullopt;
    if (value.kind() == Settings::Kind::scalar && !value.node()->quoted) {
        const auto& text = value.node()->text;
        double number = 0;
        const char* const end = text.data() + text.size();
        const auto [stop, error] = std::from_chars(text.data(), end, number);
        if (error == std::errc{} && stop == end && number >= min && number <= max) return number;
    }
    value.want(wanted);
    return std::nullopt;
}

std::optional<double> read_positive(const SettingValue& value) {
    return read_number(value, std::numeric_limits<double>::min(), kLargestValue, "a number above 0");
}

std::optional<double> read_not_negative(const SettingValue& value) {
    return read_number(value, 0, kLargestValue, "a number of at least 0");
}

}  // namespace outrider::rules
