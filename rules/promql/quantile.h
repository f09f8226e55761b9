// Quantiles as Prometheus interpolates them.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <span>

namespace outrider::rules::promql {

/// The value at rank q × (n − 1) of the sorted values, between neighbours in proportion. NaN is the smallest value.
/// Without values, or with q NaN: NaN; q < 0: −Inf; q > 1: +Inf. Reorders `values`.
[[nodiscard]] inline double quantile_of(double q, std::span<double> values) {
    if (values.empty() || std::isnan(q)) return std::numeric_limits<double>::quiet_NaN();
    if (q < 0) return -std::numeric_limits<double>::infinity();
    if (q > 1) return std::numeric_limits<double>::infinity();
    const auto rank = q * static_cast<double>(values.size() - 1);
    const auto weight = rank - std::floor(rank);
    const auto before = [](double a, double b) { return (std::isnan(a) && !std::isnan(b)) || a < b; };
    const auto lower = values.begin() + static_cast<std::ptrdiff_t>(rank);
    std::nth_element(values.begin(), lower, values.end(), before);
    // What is next above stands somewhere behind: the smallest of those.
    const auto upper = lower + 1 == values.end() ? lower : std::min_element(lower + 1, values.end(), before);
    return *lower * (1 - weight) + *upper * weight;
}

}  // namespace outrider::rules::promql
