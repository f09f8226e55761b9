// `outrider probe URL…`: watch live for a while, then say how it was.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "outrider/target.h"
#include "outrider/time.h"

namespace outrider::app {

struct ProbeOptions {
    std::vector<std::string> urls;  ///< at least one
    std::vector<std::string> pops;  ///< HOST or HOST:PORT to connect to; each URL is played from each
    Duration duration{};            ///< 0: until interrupted
    std::vector<ViewerSpec> viewers;
    bool json = false;  ///< one document at the end instead of the table
};

/// Exit code: 0 healthy, 1 degraded, 2 unreachable (no media at all), 64 usage.
int probe(const ProbeOptions& options);

}  // namespace outrider::app
