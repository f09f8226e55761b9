// One Alertmanager, as configured. A cluster is several of these, never one behind a load balancer.
#pragma once

#include <string>

#include "outrider/time.h"

namespace outrider::app {

struct AlertmanagerConfig {
    std::string name;  ///< unique among notifiers: labels metrics
    std::string url;   ///< http or https, without /api/v2
    Duration timeout = std::chrono::seconds{10};
    Duration resend_interval = std::chrono::minutes{1};
};

}  // namespace outrider::app
