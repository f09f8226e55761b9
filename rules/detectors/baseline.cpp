#include "rules/detectors/baseline.h"

#include "outrider/settings_reader.h"
#include "rules/detectors/detector_settings.h"

namespace outrider::rules {

BaselineSettings read_baseline(SettingsReader& reader) {
    using namespace std::chrono_literals;
    BaselineSettings settings;
    settings.half_life = reader.optional("half_life").duration(100ms, kLongestMemory).value_or(settings.half_life);
    settings.warm_up = reader.optional("warm_up").duration(0s, kLongestMemory).value_or(settings.half_life);
    settings.min_samples = reader.optional("min_samples").integer(2, kMostSamples).value_or(settings.min_samples);
    settings.floor = read_positive(reader.required("floor")).value_or(1);
    settings.relative_floor = read_not_negative(reader.optional("relative_floor")).value_or(0);
    return settings;
}

}  // namespace outrider::rules
