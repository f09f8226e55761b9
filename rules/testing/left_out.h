// What a store of floats cannot hold of a test's series. A case that would have to look at it is unsupported, never
// passed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "outrider/labels.h"
#include "outrider/time.h"
#include "rules/promql/durations.h"
#include "rules/promql/expr.h"

namespace outrider::rules::testing {

/// Points that were left out: at first, first + step, …
struct MissingPoints {
    Instant first{};
    Duration step{};         ///< > 0
    std::int64_t count = 0;  ///< > 0
    /// From here on an instant selector sees a newer point than the last of these. Later than that does no harm.
    Instant until = Instant::max();
};

/// The moments of a query, from the first to the last; all of them may be looked at.
struct QueryMoments {
    Instant first{};
    Instant last{};
    Duration step{};      ///< 0 of an instant query
    Duration lookback{};  ///< of instant selectors

    [[nodiscard]] promql::QuerySpan span() const { return {.step = step, .range = last - first}; }
};

class LeftOut {
public:
    /// `construct` is what holding them would need.
    void add_points(const Labels& labels, std::string_view construct, MissingPoints points);
    /// What the points of the series say beside their values: when their counter began.
    void add_counter_starts(const Labels& labels, std::string_view construct);
    void clear() { series_.clear(); }

    /// The construct of what a query looks at; nullopt when there is none. It may be more than what the query really
    /// needs: a selector within a subquery is taken to look at every moment of it.
    [[nodiscard]] std::optional<std::string> seen_by(const promql::Expr& expr, const QueryMoments& query) const;

private:
    struct Series {
        Labels labels;
        std::string construct;
        std::vector<MissingPoints> points;  ///< none: counter starts
    };
    class Walk;

    Series& series(const Labels& labels, std::string_view construct, bool points);

    std::vector<Series> series_;
};

}  // namespace outrider::rules::testing
