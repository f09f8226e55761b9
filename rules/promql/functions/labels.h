// Functions that write labels.
#pragma once

#include "rules/promql/functions/functions.h"

namespace outrider::rules::promql {

/// label_replace(v, destination, replacement, source, regex): when the whole of the source matches, the destination
/// becomes the replacement, in which $1 and ${name} stand for groups. A bad regex fails each evaluation, as in
/// Prometheus.
VectorPtr make_label_replace(CallSite&& site);

/// label_join(v, destination, separator, source, …).
VectorPtr make_label_join(CallSite&& site);

}  // namespace outrider::rules::promql
