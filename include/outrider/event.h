// What the engine consumes. An ordered list of these is the complete, replayable cause of all it does.
#pragma once

#include <memory>
#include <variant>

#include "outrider/sample.h"
#include "outrider/target.h"
#include "outrider/time.h"

namespace outrider {

/// The targets in force from now on; sample ids refer to this list.
struct TargetsChanged {
    std::shared_ptr<const TargetList> targets;
};

/// Rule groups whose time has come are evaluated as of `at`.
struct Tick {
    Instant at{};
};

using Event = std::variant<TargetsChanged, Sample, Tick>;

}  // namespace outrider
