// How long a viewer waits before it gives up. The defaults are a player's; tests shorten them.
#pragma once

#include <chrono>

#include "outrider/time.h"

namespace outrider::probes {

struct SessionLimits {
    Duration connect = std::chrono::seconds{5};   ///< TCP and TLS handshakes together, of each connection
    Duration silence = std::chrono::seconds{10};  ///< from the beginning to media, and from one unit to the next
    Duration fetch = std::chrono::hours{1};       ///< one playlist or segment, where its own limit is not shorter
};

}  // namespace outrider::probes
