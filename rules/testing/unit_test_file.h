// The files of promtool's rule unit tests, and what we add to them.
//
// A second YAML document in the file holds our own blocks. promtool reads the first document only, so that it takes the
// file as it is:
//
//     rule_files: [alerts.yml]
//     tests:
//       - name: outage
//         …
//     ---
//     tests:
//       - name: outage                  # adds to the test of that name above
//         alert_state_test:             # pending alerts count here; alert_rule_test sees firing ones alone
//           - eval_time: 1m
//             alertname: StreamDown
//             exp_alerts: [{state: pending, exp_labels: {stream: a}}]
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "outrider/alert.h"
#include "outrider/labels.h"
#include "outrider/settings.h"
#include "outrider/time.h"
#include "rules/promql/expr.h"
#include "rules/promql/value.h"
#include "rules/testing/series_notation.h"

namespace outrider::rules::testing {

struct ExpectedAlert {
    AlertState state = AlertState::firing;  ///< or pending
    Labels labels;                          ///< alertname among them
    Labels annotations;
};

struct AlertTest {
    Location at;
    Duration eval_time{};  ///< since the start of the test
    std::string alertname;
    bool with_pending = false;  ///< of an alert_state_test
    std::vector<ExpectedAlert> expected;
};

struct ExpressionTest {
    Location at;
    Duration eval_time{};
    std::string text;
    promql::ExprPtr expr;     ///< empty when something unsupported is in it
    std::string unsupported;  ///< the construct, or empty
    std::vector<promql::Sample> expected;
};

struct TestGroup {
    Location at;
    std::string name;     ///< may be empty
    Duration interval{};  ///< between the points of the series, > 0
    Instant start{};      ///< of the first point, and of the evaluation
    std::vector<TestSeries> series;
    std::vector<AlertTest> alert_tests;
    std::vector<ExpressionTest> expression_tests;
    Labels external_labels;    ///< for templates
    std::string external_url;  ///< for templates
};

struct UnitTestFile {
    std::vector<std::pair<std::string, Location>> rule_files;  ///< patterns, relative to the file's folder
    Duration evaluation_interval = std::chrono::minutes{1};
    std::vector<std::string> group_eval_order;  ///< names of rule groups, each once
    bool fuzzy_compare = false;                 ///< neighbours of a double equal it
    std::vector<TestGroup> tests;
};

/// How often the rules of one test are evaluated at most: kMaxEvaluations × evaluation_interval is the end of time.
inline constexpr std::int64_t kMaxEvaluations = 1'000'000;

/// Reads the file's one or two documents; everything wrong is appended to `problems` with its place. With problems, the
/// result is whatever could be read.
[[nodiscard]] UnitTestFile read_unit_test_file(std::span<const Settings> documents, Problems& problems);

}  // namespace outrider::rules::testing
