// What systemd is told: ready, alive, stopping. Without systemd all of it does nothing.
#pragma once

#include <optional>
#include <string>

#include "outrider/time.h"

namespace outrider::app {

void notify_ready(const std::string& status);
void notify_alive();
void notify_stopping();

/// How long systemd waits for a sign of life before it restarts the service; nullopt when it does not watch.
[[nodiscard]] std::optional<Duration> watchdog_limit();

}  // namespace outrider::app
