// What has one value at all moments of a range query, because every selector in it has its @.
#pragma once

#include "rules/promql/expr.h"

namespace outrider::rules::promql {

/// As Prometheus decides it, which then evaluates the expression once. Of an aggregation only the vector counts.
[[nodiscard]] bool is_step_invariant(const Expr& expr);

}  // namespace outrider::rules::promql
