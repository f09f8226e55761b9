// Quantiles as Prometheus interpolates them.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace outrider::rules::promql {

/// The value at rank q × (n − 1) of the sorted values, between neighbours in proportion. NaN is the smallest value.
/// Without values, or with q NaN: NaN; q < 0: −Inf; q > 1: +Inf. Reorders `values`.
[[nodiscard]] inline double quantile_of(double q, std::vector<double>& values) {
    if (values.empty() || std::isnan(q)) return std::numeric_limits<double>::quiet_NaN();
    if (q < 0) return -std::numeric_limits<double>::infinity();
    if (q > 1) return std::numeric_limits<double>::infinity();
    std::ranges::sort(values, [](double a, double b) { return (std::isnan(a) && !std::isnan(b)) || a < b; });
    const auto rank = q * static_cast<double>(values.size() - 1);
    const auto lower = static_cast<std::size_t>(rank);
    const auto upper = std::min(lower + 1, values.size() - 1);
    const auto weight = rank - std::floor(rank);
    return values[lower] * (1 - weight) + values[upper] * weight;
}

}  // namespace outrider::rules::promql
