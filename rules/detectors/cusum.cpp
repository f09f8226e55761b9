#include "rules/detectors/cusum.h"

#include <algorithm>

#include "outrider/settings_reader.h"
#include "rules/detectors/detector_settings.h"
#include "rules/detectors/series_detector.h"

namespace outrider::rules {

std::optional<Cusum::Outputs> Cusum::update(const Settings& settings, Instant at, double value) noexcept {
    const auto factor = reference_.arrive(settings.reference, at, value);
    if (!factor) return std::nullopt;
    if (!reference_.ready(settings.reference)) {
        // Here also after a long silence: what was summed up before says nothing about now.
        positive_ = negative_ = 0;
        side_ = 0;
        reference_.learn(*factor, value);
        return std::nullopt;
    }
    const double mean = reference_.mean();
    const double scale = reference_.scale(settings.reference);
    const double z = std::clamp((value - mean) / scale, -settings.clip, settings.clip);
    positive_ = std::clamp(positive_ + z - settings.drift, 0.0, 2 * settings.alarm);
    negative_ = std::clamp(negative_ - z - settings.drift, 0.0, 2 * settings.alarm);

    const int before = side_;
    side_ = positive_ > settings.alarm ? 1 : negative_ > settings.alarm ? -1 : 0;
    if (side_ != 0 && side_ != before) since_ = at;
    const Outputs outputs{positive_, negative_, static_cast<double>(side_), mean, reference_.deviation()};
    if (side_ == 0) {
        reference_.learn(*factor, mean + z * scale);
    } else if (at - since_ >= settings.relearn) {
        *this = Cusum{};
        reference_.learn(reference_.arrive(settings.reference, at, value).value_or(0), value);
        return std::nullopt;
    }
    return outputs;
}

std::shared_ptr<const Detector> make_cusum(SettingsReader& reader) {
    CusumSettings settings;
    settings.reference = read_baseline(reader);
    settings.drift = read_not_negative(reader.optional("drift")).value_or(settings.drift);
    settings.alarm = read_positive(reader.optional("alarm")).value_or(settings.alarm);
    const auto clip = reader.optional("clip");
    settings.clip = read_positive(clip).value_or(std::max(settings.clip, 2 * settings.drift));
    if (settings.clip <= settings.drift) clip.report("want more than the drift, else no sum can ever rise");
    settings.relearn = reader.optional("relearn")
                           .duration(std::chrono::milliseconds{100}, kLongestMemory)
                           .value_or(kRelearnHalfLives * settings.reference.half_life);
    return std::make_shared<SeriesDetector<Cusum>>(settings);
}

}  // namespace outrider::rules
