// Between scalars and vectors, and what is known without looking at series.
#pragma once

#include "rules/promql/functions/functions.h"

namespace outrider::rules::promql {

/// scalar(v): the value of the only element; NaN when there are none or several.
ScalarPtr make_scalar(CallSite&& site);
/// vector(s): one element without labels.
VectorPtr make_vector(CallSite&& site);
/// time(): the moment of evaluation, in seconds since 1970.
ScalarPtr make_time(CallSite&& site);
ScalarPtr make_pi(CallSite&& site);
/// timestamp(v): when each element's point was measured, or the moment of evaluation when it was computed.
VectorPtr make_timestamp(CallSite&& site);

}  // namespace outrider::rules::promql
