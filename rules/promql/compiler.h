// From the tree of the text to the tree of nodes.
#pragma once

#include "rules/promql/context.h"
#include "rules/promql/durations.h"
#include "rules/promql/expr.h"
#include "rules/promql/node.h"
#include "rules/series_store.h"

namespace outrider::rules::promql {

/// Any expression, made ready; a string is a literal. Want no duration_error() of it and `query`.
[[nodiscard]] Argument compile(const Expr& expr, SeriesStore& store, const Options& options, const QuerySpan& query);

}  // namespace outrider::rules::promql
