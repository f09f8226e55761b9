// `outrider run --config FILE`: the daemon.
#pragma once

#include <string>

namespace outrider::app {

/// Runs until SIGTERM or SIGINT. Exit code: 0 stopped in order, 78 configuration, 69 a resource (book, port) is
/// missing.
int run(const std::string& config_path);

}  // namespace outrider::app
