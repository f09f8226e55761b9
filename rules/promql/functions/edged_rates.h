// How fast a counter or a gauge moves between the ends of an anchored or smoothed range.
#pragma once

#include "rules/promql/functions/functions.h"

namespace outrider::rules::promql {

/// What stands in for a function of functions_of(edges): from the value at one end of the range to that at the other,
/// not extrapolated. Its windows hold the points around the range too. Nullopt for a series without a point behind the
/// beginning.
[[nodiscard]] RangeFunction edged_function(FunctionId id, Edges edges) noexcept;

}  // namespace outrider::rules::promql
