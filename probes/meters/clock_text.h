// Moments as encoders write them into streams as text.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "outrider/time.h"

namespace outrider::probes {

/// Unix time in 13, 16 or 19 digits (milli-, micro-, nanoseconds), or UTC as 2026-03-01T07:05:09.120Z with any number
/// of digits behind the point, or none; nothing before it or behind it.
[[nodiscard]] std::optional<Instant> read_clock_text(std::span<const std::uint8_t> text);

/// A date as 01-03-2026 or 2026-03-01 and a time of day as 07:05:09.120 or 07:05:09, taken as UTC.
[[nodiscard]] std::optional<Instant> read_date_and_time(std::string_view date, std::string_view time);

}  // namespace outrider::probes
