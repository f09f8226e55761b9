#include "rules/detectors/quantile.h"

#include <algorithm>
#include <cmath>

#include "outrider/settings_reader.h"
#include "rules/detectors/detector_settings.h"
#include "rules/detectors/series_detector.h"
#include "rules/detectors/usable.h"

namespace outrider::rules {
namespace {

/// With fewer points than this the markers stand too near to each other to be moved nearer.
constexpr double kLeastToHalve = 40;

}  // namespace

std::optional<Quantile::Outputs> Quantile::update(const Settings& settings, Instant at, double value) noexcept {
    if (!usable(value)) return std::nullopt;
    if (samples_ == 0) {
        halved_ = at;
    } else if (at <= last_) {
        return std::nullopt;
    }
    last_ = at;
    if (settings.half_life && at - halved_ >= *settings.half_life) {
        for (auto left = (at - halved_) / *settings.half_life; left > 0 && position_[4] >= kLeastToHalve; --left)
            halve();
        halved_ = at;
    }
    if (samples_ < height_.size()) {
        height_[samples_] = value;
        if (samples_ + 1 == height_.size()) std::ranges::sort(height_);
    } else {
        insert(settings.q, value);
    }
    samples_ += samples_ < UINT32_MAX ? 1 : 0;
    if (samples_ < height_.size() || samples_ < settings.min_samples) return std::nullopt;
    return Outputs{height_[2]};
}

void Quantile::insert(double q, double value) noexcept {
    height_[0] = std::min(height_[0], value);
    height_[4] = std::max(height_[4], value);
    // The markers above the value move on by one. The last always does, the first never.
    for (std::size_t i = 1; i < 4; ++i)
        if (value < height_[i]) ++position_[i];
    ++position_[4];
    adjust(q);
}

void Quantile::adjust(double q) noexcept {
    const std::array<double, 3> share{q / 2, q, (1 + q) / 2};
    for (std::size_t i = 1; i < 4; ++i) {
        const double wanted = 1 + (position_[4] - 1) * share[i - 1];
        const double off = wanted - position_[i];
        const double above = position_[i + 1] - position_[i];
        const double below = position_[i - 1] - position_[i];
        if (!(off >= 1 && above > 1) && !(off <= -1 && below < -1)) continue;
        const double d = off < 0 ? -1 : 1;
        const double up = (height_[i + 1] - height_[i]) / above;
        const double down = (height_[i - 1] - height_[i]) / below;
        // Piecewise-parabolic (P2) prediction, linear where the parabola leaves the neighbours' interval.
        const double parabola = height_[i] + d / (above - below) * ((d - below) * up + (above - d) * down);
        if (height_[i - 1] < parabola && parabola < height_[i + 1]) {
            height_[i] = parabola;
        } else {
            height_[i] += d > 0 ? up : -down;
        }
        position_[i] += d;
    }
}

void Quantile::halve() noexcept {
    for (auto& position : position_) position = 1 + (position - 1) / 2;
    height_[0] += (height_[1] - height_[0]) / 2;
    height_[4] += (height_[3] - height_[4]) / 2;
}

std::shared_ptr<const Detector> make_quantile(SettingsReader& reader) {
    QuantileSettings settings;
    settings.q =
        read_number(reader.required("q"), 0.0001, 0.9999, "a number from 0.0001 to 0.9999").value_or(settings.q);
    // Until five points or so are expected beyond the quantile, nothing is known about it.
    const auto least = static_cast<std::int64_t>(std::ceil(5 / std::min(settings.q, 1 - settings.q)));
    settings.min_samples = reader.optional("min_samples").integer(5, kMostSamples).value_or(least);
    settings.half_life = reader.optional("half_life").duration(std::chrono::seconds{1}, kLongestMemory);
    return std::make_shared<SeriesDetector<Quantile>>(settings);
}

}  // namespace outrider::rules
