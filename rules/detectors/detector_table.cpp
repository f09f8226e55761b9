#include "rules/detectors/detector_table.h"

#include <array>

namespace outrider::rules {

#define OUTRIDER_DETECTOR(kind, make, help) std::shared_ptr<const Detector> make(SettingsReader& reader);
#include "rules/detectors/detectors.def"
#undef OUTRIDER_DETECTOR

std::span<const DetectorKind> detector_kinds() noexcept {
    static constexpr auto table = std::to_array<DetectorKind>({
#define OUTRIDER_DETECTOR(kind, make, help) {#kind, make, help},
#include "rules/detectors/detectors.def"
#undef OUTRIDER_DETECTOR
    });
    return table;
}

}  // namespace outrider::rules
