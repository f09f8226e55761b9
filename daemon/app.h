// The daemon: every queue and thread, in the order in which data flows.
#pragma once

#include "daemon/config/config.h"
#include "outrider/result.h"

namespace outrider::app {

/// Runs until SIGTERM or SIGINT, then stops in order: what is decided is committed, what is owed stays in the book.
/// Error: what could not be opened.
Status run_daemon(Config config);

}  // namespace outrider::app
