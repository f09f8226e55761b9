// One recording rule at work: writes its result back as series.
#pragma once

#include <cstddef>
#include <string>

#include "outrider/labels.h"
#include "outrider/result.h"
#include "outrider/time.h"
#include "rules/promql/plan.h"
#include "rules/rule_file.h"
#include "rules/rule_options.h"
#include "rules/series_store.h"
#include "rules/series_writer.h"

namespace outrider::rules {

class RecordingRuleState {
public:
    /// `offset` and `limit` are the group's.
    RecordingRuleState(const RecordingRule& rule, SeriesStore& store, const RuleOptions& options, Duration offset,
                       std::size_t limit);

    [[nodiscard]] const RecordingRule& rule() const noexcept { return rule_; }
    [[nodiscard]] const RuleStatus& status() const noexcept { return status_; }

    /// Records the elements of the expression as of `at`, with the rule's name and labels; what was recorded before and
    /// is not there any more gets a stale marker. On failure nothing is recorded, and status() says why.
    void evaluate(Instant at);

private:
    [[nodiscard]] Status record(Instant at);
    [[nodiscard]] Labels named(const Labels& element) const;

    RecordingRule rule_;
    promql::Plan plan_;
    SeriesWriter writer_;
    Duration offset_;
    std::size_t limit_;
    RuleStatus status_;
};

}  // namespace outrider::rules
