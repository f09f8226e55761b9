// `outrider probe URL…`: watch live for a while, then say how it was.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "outrider/request_options.h"
#include "outrider/target.h"
#include "outrider/time.h"

namespace outrider::app {

enum class ProbeOutput {
    table,       ///< live on a terminal, else progress on standard error and the table at the end
    json,        ///< one document at the end
    json_lines,  ///< a line a second and target, and the document as last line
};

/// Where to connect instead of the URL's host.
struct ProbePop {
    std::string name;
    std::string address;  ///< HOST or HOST:PORT
};

struct ProbeOptions {
    std::vector<std::string> urls;       ///< at least one
    std::vector<std::string> protocols;  ///< of each URL
    std::vector<ProbePop> pops;          ///< each URL is played from each; empty: from the URL's own host
    std::optional<Duration> duration;    ///< 0: until interrupted; nullopt: that on a terminal, else 30 s
    std::vector<ViewerSpec> viewers;
    RequestOptions request;
    ProbeOutput output = ProbeOutput::table;
    bool verbose = false;  ///< shows the trace of each target
};

/// Exit code: 0 healthy, 1 degraded, 2 unreachable (no media at all), 74 when standard output cannot be written.
int probe(const ProbeOptions& options);

}  // namespace outrider::app
