// One webhook receiver, as configured.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "outrider/time.h"

namespace outrider::app {

struct WebhookConfig {
    std::string name;  ///< unique among notifiers: labels metrics and outbox rows
    std::string url;   ///< http or https; its path may be a secret
    Duration timeout = std::chrono::seconds{10};
    std::vector<std::pair<std::string, std::string>> headers;  ///< sent with every message
};

}  // namespace outrider::app
