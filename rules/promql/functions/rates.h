// How fast a counter or a gauge moves.
#pragma once

#include <optional>
#include <span>

#include "rules/promql/functions/functions.h"

namespace outrider::rules::promql {

// RangeFunctions without parameters. Nullopt for fewer than two points, but for changes and resets.

/// Of a counter, extrapolated to the ends of the range as Prometheus does; per second.
std::optional<double> rate_over(const Window& window, std::span<const double> parameters, const Context& context);
/// The same, over the whole range.
std::optional<double> increase_over(const Window& window, std::span<const double> parameters, const Context& context);
/// Of a gauge, extrapolated to the ends of the range.
std::optional<double> delta_over(const Window& window, std::span<const double> parameters, const Context& context);

/// Between the last two points: of a counter, per second; of a gauge.
std::optional<double> irate_over(const Window& window, std::span<const double> parameters, const Context& context);
std::optional<double> idelta_over(const Window& window, std::span<const double> parameters, const Context& context);

/// How often the value was another than before; how often it was smaller.
std::optional<double> changes_over(const Window& window, std::span<const double> parameters, const Context& context);
std::optional<double> resets_over(const Window& window, std::span<const double> parameters, const Context& context);

/// Tells the author of the expression when the name of the metric speaks against its being a counter.
void check_counter_name(const Window& window, const Context& context);

}  // namespace outrider::rules::promql
