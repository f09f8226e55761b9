// A notice in the body of Alertmanager's webhook, version "4": what OnCall, GoAlert, Keep and others already read.
#pragma once

#include <string>
#include <string_view>

#include "daemon/store/notice.h"

namespace outrider::app {

/// `receiver` is the notifier's name; `external_url` where people reach this daemon, absolute, with or without a
/// trailing slash. groupKey, labels, fingerprint and summary are the same while firing and when resolved.
[[nodiscard]] std::string webhook_body(const Notice& notice, std::string_view receiver, std::string_view external_url);

}  // namespace outrider::app
