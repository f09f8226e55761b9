#include "rules/detectors/holt.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "outrider/settings_reader.h"
#include "rules/detectors/detector_settings.h"
#include "rules/detectors/series_detector.h"
#include "rules/detectors/usable.h"

namespace outrider::rules {

void Holt::begin(Instant at, double value) noexcept {
    *this = Holt{};
    first_ = last_ = at;
    level_ = value;
    level_weight_ = 1;
    samples_ = 1;
}

std::optional<Holt::Outputs> Holt::update(const Settings& settings, Instant at, double value) noexcept {
    if (!usable(value) || (samples_ > 0 && at <= last_)) return std::nullopt;
    const auto elapsed = at - last_;
    if (samples_ == 0 || elapsed > kForgotten * std::max(settings.half_life, settings.slope_half_life)) {
        begin(at, value);
        return std::nullopt;
    }
    last_ = at;
    const double delta = seconds(elapsed);
    const double slope_half_lives = delta / seconds(settings.slope_half_life);
    // 1 - 2^-x without the loss of digits for small x.
    const double slope_share = -std::expm1(-std::numbers::ln2 * slope_half_lives);
    level_weight_ = std::exp2(-delta / seconds(settings.half_life)) * level_weight_ + 1;
    slope_weight_ = (1 - slope_share) * slope_weight_ + slope_share;

    const double before = level_;
    if (samples_ == 1) {
        level_ = value;  // the line through the first two points
    } else {
        const double expected = level_ + slope_ * delta;
        level_ = expected + (value - expected) / level_weight_;
    }
    slope_ += slope_share / slope_weight_ * ((level_ - before) / delta - slope_);
    samples_ += samples_ < UINT32_MAX ? 1 : 0;
    if (!usable(level_) || !usable(slope_)) {
        begin(at, value);
        return std::nullopt;
    }
    if (samples_ < settings.min_samples || at - first_ < settings.warm_up) return std::nullopt;
    return Outputs{level_, slope_, level_ + slope_ * seconds(settings.horizon)};
}

std::shared_ptr<const Detector> make_holt(SettingsReader& reader) {
    using namespace std::chrono_literals;
    HoltSettings settings;
    settings.half_life = reader.optional("half_life").duration(100ms, kLongestMemory).value_or(settings.half_life);
    settings.slope_half_life = reader.optional("slope_half_life")
                                   .duration(100ms, kLongestMemory)
                                   .value_or(kSlopeHalfLives * settings.half_life);
    settings.horizon = reader.optional("horizon").duration(0s, kLongestMemory).value_or(settings.horizon);
    settings.warm_up = reader.optional("warm_up").duration(0s, kLongestMemory).value_or(settings.slope_half_life);
    settings.min_samples = reader.optional("min_samples").integer(3, kMostSamples).value_or(settings.min_samples);
    return std::make_shared<SeriesDetector<Holt>>(settings);
}

}  // namespace outrider::rules
