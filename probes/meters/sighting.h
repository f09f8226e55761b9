// A coded frame, recognised, and when it came.
#pragma once

#include <cstdint>

#include "outrider/time.h"

namespace outrider::probes {

/// A keyframe seen by a session.
struct Sighting {
    std::uint64_t fingerprint = 0;  ///< never 0 in a sighting
    Instant arrival{};
    friend bool operator==(const Sighting&, const Sighting&) = default;
};

}  // namespace outrider::probes
