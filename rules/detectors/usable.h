// Which values a detector takes.
#pragma once

#include <cmath>

namespace outrider::rules {

/// Values beyond it are left out like infinities, so that no square and no sum of them can overflow.
inline constexpr double kLargestValue = 1e100;

/// False for NaN, the infinities and what is as good as one.
[[nodiscard]] inline bool usable(double value) noexcept { return std::abs(value) <= kLargestValue; }

}  // namespace outrider::rules
