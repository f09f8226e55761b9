// What the settings of detectors are made of: numbers with a fraction, and bounds.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "outrider/setting_value.h"
#include "outrider/time.h"

namespace outrider::rules {

/// No detector learns for longer: 365 days. It also keeps sums of durations far from overflow.
inline constexpr Duration kLongestMemory = std::chrono::hours{24 * 365};
inline constexpr std::int64_t kMostSamples = 1'000'000;

/// A decimal number from `min` to `max`, not in quotes. nullopt when absent, or when
/// it is something else, which is reported with `wanted`: "a number above 0".
[[nodiscard]] std::optional<double> read_number(const SettingValue& value, double min, double max,
                                                std::string_view wanted);

/// Above 0, and no larger than any value that a detector takes.
[[nodiscard]] std::optional<double> read_positive(const SettingValue& value);

/// At least 0, likewise.
[[nodiscard]] std::optional<double> read_not_negative(const SettingValue& value);

}  // namespace outrider::rules
