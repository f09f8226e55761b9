// Where a gauge is going.
#pragma once

#include <optional>
#include <span>

#include "rules/promql/functions/functions.h"

namespace outrider::rules::promql {

// RangeFunctions; nullopt for fewer than two points.

/// The slope of the straight line through the points, by least squares; per second.
std::optional<double> deriv_over(const Window& window, std::span<const double> parameters, const Context& context);

/// Where that line is so many seconds (the parameter) after the moment of evaluation.
std::optional<double> predict_linear_over(const Window& window, std::span<const double> parameters,
                                          const Context& context);

/// Holt's smoothed value of the last point. Parameters: the factors of smoothing and of the trend, each between 0 and
/// 1; others fail the evaluation.
std::optional<double> double_exponential_smoothing_over(const Window& window, std::span<const double> parameters,
                                                        const Context& context);

}  // namespace outrider::rules::promql
