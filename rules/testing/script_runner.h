// Runs a script in Prometheus's promqltest language.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "rules/testing/case_result.h"

namespace outrider::rules::testing {

/// A case for each eval of the script, and a failed one for whatever could not be read or loaded, in their order. As
/// Prometheus runs them: look-back 5 minutes, names removed late, subqueries without a step by the minute. `file` is
/// what places call it.
[[nodiscard]] std::vector<CaseResult> run_script(std::string_view text, const std::string& file);

}  // namespace outrider::rules::testing
