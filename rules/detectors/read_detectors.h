// A rule file's section `detectors:`.
#pragma once

#include <span>
#include <vector>

#include "outrider/setting_value.h"
#include "rules/detectors/detector.h"

namespace outrider::rules {

/// Reads the list; an absent one is empty. What is wrong is reported to its problems; the result is then good for
/// nothing. For example
///
///     detectors:
///       - name: lag_usual                  # makes lag_usual_mean, lag_usual_deviation, lag_usual_score
///         kind: ewma
///         input: outrider_lag_seconds{protocol="httpflv"}
///         labels: {team: edge}             # optional, added to those of the input
///         half_life: 5m                    # from here on the kind's own
///         floor: 0.1
[[nodiscard]] std::vector<DetectorSpec> read_detectors(const SettingValue& section);

/// Reports detectors that are in each other's way, those of all files together: two that make one output, and one that
/// looks at what is made by itself or further down.
void check_detectors(std::span<const DetectorSpec> specs, Problems& problems);

}  // namespace outrider::rules
