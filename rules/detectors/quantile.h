// Detector `quantile`: below which value a given share of the points lie.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "outrider/time.h"

namespace outrider::rules {

struct QuantileSettings {
    double q = 0.99;                      ///< 0 < q < 1
    std::int64_t min_samples = 500;       ///< >= 5: nothing is said before so many points
    std::optional<Duration> half_life{};  ///< absent: every point ever seen weighs alike
};

/// Input: a gauge in any unit, at any rhythm. Output:
///   value  the q-quantile of the points up to and with this one, in the input's unit
/// The P-square algorithm: five markers (the smallest, the quantiles q/2, q, (1+q)/2, the greatest), whose heights move
/// along parabolas as their positions fall behind where they should be. Jain and Chlamtac 1985, "The P2 algorithm for
/// dynamic calculation of quantiles and histograms without storing observations", CACM 28(10).
///
/// Forgetting is ours: after each half-life the markers' positions are halved, as if half of the points had never
/// been, and the extremes move half-way to their neighbours.
class Quantile {
public:
    using Settings = QuantileSettings;
    static constexpr std::array<std::string_view, 1> kOutputs{"value"};
    using Outputs = std::array<double, kOutputs.size()>;

    /// nullopt while it learns, and for a point that it does not take: not finite, or not newer than the last.
    std::optional<Outputs> update(const Settings& settings, Instant at, double value) noexcept;

    friend bool operator==(const Quantile&, const Quantile&) = default;

private:
    void insert(double q, double value) noexcept;
    void adjust(double q) noexcept;
    void halve() noexcept;

    std::array<double, 5> height_{};
    std::array<double, 5> position_{1, 2, 3, 4, 5};  // of the markers among the points, the last is their number
    Instant last_{};
    Instant halved_{};
    std::uint32_t samples_ = 0;
};

}  // namespace outrider::rules
