// Detector `holt`: level and slope, and where they lead.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "outrider/time.h"

namespace outrider::rules {

/// A slope is learnt from differences, whose noise is larger: so much slower than the level, unless told otherwise.
inline constexpr int kSlopeHalfLives = 4;

struct HoltSettings {
    Duration half_life = std::chrono::seconds{5};            ///< of the level, > 0
    Duration slope_half_life = kSlopeHalfLives * half_life;  ///< > 0
    Duration horizon = std::chrono::seconds{10};             ///< how far ahead the forecast looks
    Duration warm_up = slope_half_life;                      ///< from the first point on nothing is said that long,
    std::int64_t min_samples = 10;                           ///< nor before so many points
};

/// Input: a gauge in any unit, at any rhythm. Outputs, with the newest point in them:
///   level     in the input's unit
///   slope     per second
///   forecast  level + slope x horizon
/// Double exponential smoothing: Holt 1957, reprinted 2004 in International Journal of Forecasting 20(1); for points at
/// irregular times Wright 1986, "Forecasting data published at irregular time intervals using an extension of Holt's
/// method", Management Science 32(4). With D the seconds since the last point:
///   expected = level + slope D
///   level    = expected + a (value - expected)         1/a = 1 + 2^(-D/half_life) / a_before     (Wright's V)
///   slope    = slope + b ((level - level_before)/D - slope)
/// Wright weighs every slope alike, however short its interval; here it counts by its interval, so that two points that
/// nearly coincide cannot turn it: b = (1 - 2^(-D/slope_half_life)) / (1 - 2^(-(t - t_first)/slope_half_life)). At a
/// steady rhythm the two are the same.
class Holt {
public:
    using Settings = HoltSettings;
    static constexpr std::array<std::string_view, 3> kOutputs{"level", "slope", "forecast"};
    using Outputs = std::array<double, kOutputs.size()>;

    /// After so many half-lives (of the slower of the two) of silence it begins anew.
    static constexpr int kForgotten = 5;

    /// nullopt while it learns, and for a point that it does not take: not finite, or not newer than the last.
    std::optional<Outputs> update(const Settings& settings, Instant at, double value) noexcept;

    friend bool operator==(const Holt&, const Holt&) = default;

private:
    void begin(Instant at, double value) noexcept;

    Instant first_{};
    Instant last_{};
    double level_ = 0;
    double slope_ = 0;
    double level_weight_ = 0;  // 1/a
    double slope_weight_ = 0;  // 1 - 2^(-(last - first)/slope_half_life)
    std::uint32_t samples_ = 0;
};

}  // namespace outrider::rules
