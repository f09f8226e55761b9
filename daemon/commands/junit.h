// Results of tests as JUnit's XML, which CI systems show.
#pragma once

#include <string>
#include <vector>

#include "rules/testing/case_result.h"

namespace outrider::app {

/// The results of one file.
struct TestSuite {
    std::string file;
    std::vector<rules::testing::CaseResult> cases;
    std::string error;  ///< why the file could not be tested; empty when it could
};

/// A document with a <testsuite> for each; unsupported cases are <skipped>.
[[nodiscard]] std::string junit_xml(const std::vector<TestSuite>& suites);

}  // namespace outrider::app
