// The kinds of detectors there are: the lines of detectors.def.
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "rules/detectors/detector.h"

namespace outrider {
class SettingsReader;
}

namespace outrider::rules {

struct DetectorKind {
    std::string_view name;
    /// Reads the kind's own settings; what is wrong is reported, and the result is then good for nothing.
    std::shared_ptr<const Detector> (*make)(SettingsReader& reader);
    std::string_view help;
};

[[nodiscard]] std::span<const DetectorKind> detector_kinds() noexcept;

}  // namespace outrider::rules
