#include "rules/detectors/absence.h"

#include "outrider/settings_reader.h"
#include "rules/detectors/detector_settings.h"
#include "rules/detectors/series_detector.h"

namespace outrider::rules {

std::shared_ptr<const Detector> make_absence(SettingsReader& reader) {
    const AbsenceSettings settings{.floor = read_not_negative(reader.optional("floor")).value_or(0)};
    return std::make_shared<SeriesDetector<Absence>>(settings);
}

}  // namespace outrider::rules
