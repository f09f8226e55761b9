// The localiser: which part of the chain explains what is wrong.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "outrider/incident.h"

namespace outrider::rules {

/// How one target stands, as the localiser needs it.
struct TargetHealth {
    std::string_view stream;
    std::string_view pop;
    bool bad = false;    ///< an alert fires for it
    bool known = false;  ///< it reports at all; an unknown one says nothing about anybody
};

/// Share rule, from the narrowest explanation to the widest, over the targets that report. `subject` must be among
/// `all` and bad.
///   the stream is bad at every one of its two or more POPs          -> source
///   every one of two or more streams of the POP is bad              -> pop
///   otherwise                                                       -> endpoint
/// Confidence is the share of the evidence that agrees, 0 to 1.
[[nodiscard]] Fault localise(const TargetHealth& subject, std::span<const TargetHealth> all);

}  // namespace outrider::rules
