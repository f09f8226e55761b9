// Runs a file of rule unit tests as promtool does.
#pragma once

#include <vector>

#include "rules/testing/case_result.h"
#include "rules/testing/rule_runner.h"
#include "rules/testing/unit_test_file.h"

namespace outrider::rules::testing {

/// A case for each alert test and each expression test, in the file's order, the alert tests of a test first. The rules
/// are evaluated at every evaluation_interval from the start to the last eval_time, over the points that are not newer;
/// an alert test sees the evaluation at or before its eval_time, an expression the store after the last one.
[[nodiscard]] std::vector<CaseResult> run_unit_tests(const UnitTestFile& file, const RuleRunnerFactory& make_rules);

}  // namespace outrider::rules::testing
