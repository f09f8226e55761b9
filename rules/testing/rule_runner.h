// The rules of a unit test, seen from the test: what it needs of them, and no more.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "outrider/alert.h"
#include "outrider/time.h"
#include "rules/series_store.h"
#include "rules/testing/unit_test_file.h"

namespace outrider::rules::testing {

class RuleRunner {
public:
    virtual ~RuleRunner() = default;

    /// Evaluates every group once, whatever its own interval, and appends what the rules record, ALERTS among it, to
    /// the store. Returns `RULE: what failed` for each rule that could not be evaluated.
    [[nodiscard]] virtual std::vector<std::string> evaluate(Instant at) = 0;

    /// The pending and firing alerts of all rules of that name, in any order.
    [[nodiscard]] virtual std::vector<Alert> active(std::string_view alertname) const = 0;
};

/// Makes the rules of a file's rule files, without any state yet, over `store`, which outlives them. Groups are
/// evaluated in the order of UnitTestFile::group_eval_order.
using RuleRunnerFactory =
    std::function<std::unique_ptr<RuleRunner>(const UnitTestFile& file, const TestGroup& test, SeriesStore& store)>;

}  // namespace outrider::rules::testing
