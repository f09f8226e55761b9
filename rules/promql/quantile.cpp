#include "rules/promql/quantile.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>

#include "rules/promql/go_text.h"

namespace outrider::rules::promql {
namespace {

bool ordered_before(double a, double b) noexcept { return std::isnan(a) ? !std::isnan(b) : a < b; }

}  // namespace

double quantile_of(double phi, std::span<double> values) noexcept {
    if (values.empty() || std::isnan(phi)) return std::numeric_limits<double>::quiet_NaN();
    if (phi < 0) return -std::numeric_limits<double>::infinity();
    if (phi > 1) return std::numeric_limits<double>::infinity();

    const double rank = phi * static_cast<double>(values.size() - 1);
    const double whole = std::floor(rank);
    const double weight = rank - whole;
    const auto lower = values.begin() + static_cast<std::ptrdiff_t>(whole);
    std::nth_element(values.begin(), lower, values.end(), ordered_before);
    // What is next above stands somewhere behind: the smallest of those.
    const auto upper = lower + 1 == values.end() ? lower : std::min_element(lower + 1, values.end(), ordered_before);
    return *lower * (1 - weight) + *upper * weight;
}

void check_quantile(double phi, const Context& context, std::size_t begin) {
    if (phi >= 0 && phi <= 1) return;
    context.report.annotate(Annotation::Kind::warning,
                            "quantile value should be between 0 and 1, got " + go_shortest(phi), begin);
}

}  // namespace outrider::rules::promql
