// The verdict of `outrider probe`, in words and as exit code. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "daemon/commands/probe/record.h"

namespace outrider::app {

/// In the order of their gravity; the value is the exit code.
enum class Health { healthy = 0, degraded = 1, unreachable = 2 };
[[nodiscard]] std::string_view to_string(Health health) noexcept;

struct Judgement {
    Health health = Health::healthy;
    std::string reason;  ///< in words, for a person
};

/// Unreachable: no media at all; of a path: no answer at all. Degraded: a viewer stalled, a connection failed or was
/// lost, media came later than half of what the viewer with the least buffer held, or more packets were lost than
/// pictures bear. Else healthy. What needs time to be known (a rate, a viewer's start) is not held against a short run.
[[nodiscard]] Judgement judge(const ProbeRecord& record);

/// The gravest of all; unreachable only when every target is.
[[nodiscard]] Judgement overall(const std::vector<ProbeRecord>& records);

/// How far which target is behind which other, by the same coded frames; a sentence each.
[[nodiscard]] std::vector<std::string> comparisons(const std::vector<ProbeRecord>& records);

/// The closing lines: each target, comparisons, and all together when there are several.
[[nodiscard]] std::string summary(const std::vector<ProbeRecord>& records);

}  // namespace outrider::app
