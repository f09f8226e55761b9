// The engine's rule groups as a unit test drives them.
#pragma once

#include <vector>

#include "rules/rule_file.h"
#include "rules/testing/rule_runner.h"

namespace outrider::rules::testing {

/// Runs the groups of `files`. Silence means what it means to Prometheus, so that both programs give one answer, unless
/// a rule itself says on_no_data.
[[nodiscard]] RuleRunnerFactory group_runner(std::vector<RuleFile> files);

}  // namespace outrider::rules::testing
