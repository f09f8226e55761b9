// Functions of histograms. Classic ones are series with a label `le`; native ones we do not have.
#pragma once

#include "rules/promql/functions/functions.h"

namespace outrider::rules::promql {

/// histogram_quantile(φ, v), histogram_fraction(lower, upper, v): one element for each set of labels without `le`.
VectorPtr make_histogram_quantile(CallSite&& site);
VectorPtr make_histogram_fraction(CallSite&& site);

/// histogram_count(v) and the others that pass over floats, as Prometheus does: no elements.
VectorPtr make_native_statistic(CallSite&& site);

}  // namespace outrider::rules::promql
