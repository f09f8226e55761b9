// The command line of `outrider probe`.
#pragma once

#include "daemon/commands/probe/probe.h"

namespace CLI {  // NOLINT(readability-identifier-naming): the library's own name
class App;
}

namespace outrider::app {

/// Adds the subcommand `probe`. Parsing fills `options`, which must outlive `app`, and throws CLI::ParseError with the
/// option, what was wanted and what was found.
CLI::App* add_probe_command(CLI::App& app, ProbeOptions& options);

}  // namespace outrider::app
