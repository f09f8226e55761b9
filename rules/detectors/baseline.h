// What is usual for one series: its mean and deviation, recent values weighing more.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>

#include "outrider/time.h"
#include "rules/detectors/usable.h"

namespace outrider {
class SettingsReader;
}

namespace outrider::rules {

struct BaselineSettings {
    Duration half_life = std::chrono::minutes{5};  ///< > 0
    Duration warm_up = half_life;                  ///< from the first point on nothing is said that long,
    std::int64_t min_samples = 10;                 ///< nor before so many points
    double floor = 0;                              ///< > 0: the least deviation to reckon with, in the input's unit
    double relative_floor = 0;                     ///< the same as a share of the mean
};

/// Keys half_life, warm_up, min_samples, floor, relative_floor.
[[nodiscard]] BaselineSettings read_baseline(SettingsReader& reader);

/// A point that is `half_life` old weighs half as much as a new one, whatever the number of points since:
///   w_i = 2^(-(t - t_i) / half_life)    mean = sum w_i x_i / sum w_i    deviation^2 = sum w_i (x_i - mean)^2 / sum w_i
/// West 1979, "Updating mean and variance estimates: an improved method", CACM 22(9), with weights that decay; Finch
/// 2009, "Incremental calculation of weighted mean and variance". No bias at the start: the first points weigh alike.
class Baseline {
public:
    /// After so many half-lives of silence 3 % of the weight are left: it begins anew.
    static constexpr int kForgotten = 5;

    /// A point has come. nullopt when it is not to be taken: not usable, or not newer than the last one. Else the
    /// factor for learn(), and the points before it still make mean(), deviation() and score().
    std::optional<double> arrive(const BaselineSettings& settings, Instant at, double value) noexcept {
        if (!usable(value)) return std::nullopt;
        if (samples_ == 0) {
            first_ = last_ = at;
            return 0.0;
        }
        if (at <= last_) return std::nullopt;
        const auto elapsed = at - last_;
        if (elapsed > kForgotten * settings.half_life) {
            *this = Baseline{};
            first_ = at;
        }
        last_ = at;
        return std::exp2(-static_cast<double>(elapsed.count()) / static_cast<double>(settings.half_life.count()));
    }

    /// Takes the value in; those before count `factor` times as much as until now.
    void learn(double factor, double value) noexcept {
        weight_ = factor * weight_ + 1;
        const double off = value - mean_;
        mean_ += off / weight_;
        squares_ = factor * squares_ + off * (value - mean_);
        samples_ += samples_ < UINT32_MAX ? 1 : 0;
    }

    /// Has seen enough to judge by.
    [[nodiscard]] bool ready(const BaselineSettings& settings) const noexcept {
        return samples_ >= settings.min_samples && last_ - first_ >= settings.warm_up;
    }

    [[nodiscard]] double mean() const noexcept { return mean_; }
    [[nodiscard]] double deviation() const noexcept { return std::sqrt(squares_ / weight_); }
    /// The deviation to reckon with. A series that is normally exactly constant has none; the floors keep its first
    /// blip from being infinitely far.
    [[nodiscard]] double scale(const BaselineSettings& settings) const noexcept {
        return std::max({deviation(), settings.floor, settings.relative_floor * std::abs(mean_)});
    }

    friend bool operator==(const Baseline&, const Baseline&) = default;

private:
    Instant first_{};
    Instant last_{};
    double weight_ = 0;
    double mean_ = 0;
    double squares_ = 0;
    std::uint32_t samples_ = 0;
};

}  // namespace outrider::rules
