// Ranges, steps and offsets as a query has them: literals, and expressions worked out.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "rules/promql/expr.h"

namespace outrider::rules::promql {

/// What step() and range() are: of a range query; both 0 in an instant query.
struct QuerySpan {
    Duration step{};
    Duration range{};
};

struct DurationError {
    std::size_t begin = 0;  ///< as DurationExpr has them
    std::size_t end = 0;
    std::string message;
    bool of_query = false;  ///< the duration depends on step() or range()

    /// As Prometheus tells it when it evaluates: `4:11: duration must be greater than 0`.
    [[nodiscard]] std::string text() const;
};

/// The first thing wrong with the durations of a parsed expression; nullopt when they are fine. Prometheus looks at
/// those that are expressions only when it evaluates; their results are whole milliseconds, cut off.
[[nodiscard]] std::optional<DurationError> duration_error(const Expr& expr, const QuerySpan& query);

// Of an expression without a duration_error; else 0.
[[nodiscard]] Duration offset_of(const VectorSelector& node, const QuerySpan& query);
[[nodiscard]] Duration offset_of(const Subquery& node, const QuerySpan& query);
[[nodiscard]] Duration range_of(const MatrixSelector& node, const QuerySpan& query);
[[nodiscard]] Duration range_of(const Subquery& node, const QuerySpan& query);
[[nodiscard]] std::optional<Duration> step_of(const Subquery& node, const QuerySpan& query);

}  // namespace outrider::rules::promql
