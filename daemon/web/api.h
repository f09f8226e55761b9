// The daemon's HTTP API as JSON. Pure.
#pragma once

#include <string>
#include <vector>

#include "daemon/store/book.h"
#include "outrider/target.h"
#include "probes/trace_board.h"

namespace outrider::app {

/// `{"incidents": [{id, state, priority, scope, …, timeline: [{at, kind, text}]}]}`, newest first.
[[nodiscard]] std::string incidents_json(const std::vector<IncidentRecord>& incidents);

/// What was asked for: those that are not empty must match.
struct TraceQuery {
    std::string stream;
    std::string pop;
    std::string protocol;
    [[nodiscard]] bool matches(const Target& target) const {
        return (stream.empty() || stream == target.stream) && (pop.empty() || pop == target.pop) &&
               (protocol.empty() || protocol == target.protocol);
    }
};

/// `[{stream, pop, protocol, number, at, kind, text}]`, a target's events together, oldest first.
[[nodiscard]] std::string trace_json(const TargetList& targets, const probes::TraceBoard& traces,
                                     const TraceQuery& query);

}  // namespace outrider::app
