// Quantiles of a handful of numbers.
#pragma once

#include <cstddef>
#include <span>

#include "rules/promql/context.h"

namespace outrider::rules::promql {

/// Prometheus's φ-quantile: between two values it is interpolated; NaN counts as smaller than all numbers. NaN of no
/// values or of a φ that is NaN; infinite when φ is outside of 0 to 1. Puts `values` in another order.
[[nodiscard]] double quantile_of(double phi, std::span<double> values) noexcept;

/// Warns when φ is not from 0 to 1; `begin` is where it stands in the text.
void check_quantile(double phi, const Context& context, std::size_t begin);

}  // namespace outrider::rules::promql
