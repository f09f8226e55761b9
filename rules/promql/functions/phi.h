// The φ of quantiles, checked.
#pragma once

#include <cstddef>

#include "rules/promql/context.h"

namespace outrider::rules::promql {

/// Warns when φ is not from 0 to 1; `begin` is where it stands in the text.
void check_phi(double phi, const Context& context, std::size_t begin);

}  // namespace outrider::rules::promql
