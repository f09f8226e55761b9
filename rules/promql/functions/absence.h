// When there is nothing.
#pragma once

#include "rules/promql/functions/functions.h"

namespace outrider::rules::promql {

/// absent(v): one element of value 1 when v has none. Its labels are those that the selector asks for with `=`, once
/// each; there are none when v is not a selector.
VectorPtr make_absent(CallSite&& site);
VectorPtr make_absent_over_time(CallSite&& site);

}  // namespace outrider::rules::promql
