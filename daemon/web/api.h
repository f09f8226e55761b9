// The daemon's HTTP API as JSON. Pure.
#pragma once

#include <string>
#include <vector>

#include "daemon/store/book.h"

namespace outrider::app {

/// `{"incidents": [{id, state, priority, scope, …, timeline: [{at, kind, text}]}]}`, newest first.
[[nodiscard]] std::string incidents_json(const std::vector<IncidentRecord>& incidents);

}  // namespace outrider::app
