#include "rules/detectors/ewma.h"

#include "rules/detectors/series_detector.h"

namespace outrider::rules {

std::shared_ptr<const Detector> make_ewma(SettingsReader& reader) {
    return std::make_shared<SeriesDetector<Ewma>>(read_baseline(reader));
}

}  // namespace outrider::rules
