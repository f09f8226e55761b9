// What the values of a range have in common: the functions NAME_over_time.
#pragma once

#include <optional>
#include <span>

#include "rules/promql/functions/functions.h"

namespace outrider::rules::promql {

// RangeFunctions; a window is never empty, so there is always a result.

std::optional<double> sum_over(const Window& window, std::span<const double> parameters, const Context& context);
/// Right even where the sum overflows.
std::optional<double> avg_over(const Window& window, std::span<const double> parameters, const Context& context);
/// NaN only when all are.
std::optional<double> min_over(const Window& window, std::span<const double> parameters, const Context& context);
std::optional<double> max_over(const Window& window, std::span<const double> parameters, const Context& context);
std::optional<double> count_over(const Window& window, std::span<const double> parameters, const Context& context);
std::optional<double> first_over(const Window& window, std::span<const double> parameters, const Context& context);
std::optional<double> last_over(const Window& window, std::span<const double> parameters, const Context& context);
std::optional<double> present_over(const Window& window, std::span<const double> parameters, const Context& context);
/// Of the population: divided by the number of points.
std::optional<double> stddev_over(const Window& window, std::span<const double> parameters, const Context& context);
std::optional<double> stdvar_over(const Window& window, std::span<const double> parameters, const Context& context);
/// The median distance from the median.
std::optional<double> mad_over(const Window& window, std::span<const double> parameters, const Context& context);
/// The parameter is φ.
std::optional<double> quantile_over(const Window& window, std::span<const double> parameters, const Context& context);

// When: seconds since 1970. Of several extreme points the last.
std::optional<double> ts_of_first_over(const Window& window, std::span<const double> parameters,
                                       const Context& context);
std::optional<double> ts_of_last_over(const Window& window, std::span<const double> parameters, const Context& context);
std::optional<double> ts_of_max_over(const Window& window, std::span<const double> parameters, const Context& context);
std::optional<double> ts_of_min_over(const Window& window, std::span<const double> parameters, const Context& context);

}  // namespace outrider::rules::promql
