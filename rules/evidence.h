// Is an element absent because its expression is false, or because the series behind it have stopped reporting?
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "outrider/labels.h"
#include "outrider/time.h"
#include "rules/promql/context.h"
#include "rules/promql/expr.h"
#include "rules/rule_file.h"
#include "rules/series_store.h"

namespace outrider::rules {

/// All recording rules, by the name of the metric that they make.
using RecordedBy = std::multimap<std::string, const RecordingRule*, std::less<>>;

/// Walks the expression behind an alert. A selector *reports* for the alert when one of its series is present (its
/// newest point is no older than the look-back and no stale marker) and agrees with the alert: the labels that both
/// carry are equal, and count at that place of the expression. It is *silent* when such series are known and none is
/// present, *unknown* when there is none. Above the selectors:
///
///   expression                     an absent element is
///   a > 1, rate(a[1m]) > 1         false while a reports; else no data
///   a / b > 1, a > b               false while both report; no data when one is silent. Of the side that group_left
///                                  spreads, and behind on() or ignoring(), only the labels matched on count
///   a > 1 and b > 1                Kleene's logic: false when one side reports and is false; else no data when the
///                                  other is silent
///   a > 1 or b > 1                 false when no side is silent, and one reports
///   a unless b                     false when a reports, or when b is there; silence of b alone is an answer
///   sum by (pop) (a) > 1           false while one series of the group reports: an aggregate speaks for who reports
///   rate(a[1m]) of an alert        incomplete until a's series fills the minute, when the alert was interrupted
///   absent(a), absent_over_time    false: a is there. That a is not is what they are asked for
///   label_replace(a, "l", …) > 1   as a > 1; the label l does not count
///   a > scalar(b)                  false while a, and any b, reports
///   recorded > 1                   false while it is present, or when the recording rule let it go stale although its
///                                  own expression's series report; when the rule fails, or they are silent: no data
///   ALERTS{…}                      always false: an alert that is no more says that there is none
///   time() > 1, vector(1)          false: nothing can fall silent
///
/// Unknown in the end is no data: after a restart nothing has reported yet. It is an answer all the same when the
/// selector has other series of the alert's target, and those report: of the viewer that is no more there is nothing to
/// wait for.
class Evidence {
public:
    /// What the alert has gone through since it was last true.
    struct Doubts {
        /// Its series were silent: a range is no answer as long as there is a hole in it.
        bool holes = false;
        /// The program has just begun: an unknown series may still come, so that of an `or` it counts as silent, other
        /// series do not answer for it, and an aggregate over several targets speaks for nobody yet.
        bool early = false;
    };
    enum class Answer : std::uint8_t {
        reports,     ///< that the element is absent means that the expression is false
        incomplete,  ///< its series report, but a range has a hole
        no_data
    };

    /// Tells the store what it looks at; the store must outlive it, the other arguments need not.
    Evidence(const AlertRule& rule, SeriesStore& store, const promql::Options& options, const RecordedBy& recorded);
    Evidence(Evidence&&) noexcept;
    Evidence& operator=(Evidence&&) noexcept;
    ~Evidence();

    /// What the absence of the expression's element for this alert means as of `at`. `labels`: of the alert, or of the
    /// element; those that the rule sets itself do not count.
    [[nodiscard]] Answer ask(const Labels& labels, Instant at, Doubts doubts);

    /// Whether the expression can have an element for this alert at all, going by the matchers of its selectors.
    [[nodiscard]] bool possible(const Labels& labels) const;

    /// How long after a start it may take until the selectors see what has been measured since: their longest offset.
    [[nodiscard]] Duration longest_offset() const noexcept;

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace outrider::rules
