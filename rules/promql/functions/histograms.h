// Functions of classic histograms: series with a label `le`.
#pragma once

#include "rules/promql/functions/functions.h"

namespace outrider::rules::promql {

/// histogram_quantile(φ, v), histogram_fraction(lower, upper, v): one element for each set of labels without `le`.
VectorPtr make_histogram_quantile(CallSite&& site);
VectorPtr make_histogram_fraction(CallSite&& site);

}  // namespace outrider::rules::promql
