#include "rules/promql/functions/trends.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <string>
#include <string_view>

#include "rules/gotext/number.h"
#include "rules/promql/functions/window_sum.h"

namespace outrider::rules::promql {
namespace {

struct Line {
    double slope = 0;
    double intercept = 0;  // its value at the origin
};

// Least squares through the points, x in seconds from `origin`.
Line line_through(std::span<const Point> points, Instant origin) noexcept {
    const double first = points.front().value;
    if (std::ranges::all_of(points, [&](const Point& point) { return point.value == first; })) {
        const double nan = std::numeric_limits<double>::quiet_NaN();
        return std::isinf(first) ? Line{nan, nan} : Line{0, first};
    }
    WindowSum x;
    WindowSum y;
    WindowSum xy;
    WindowSum xx;
    for (const Point& point : points) {
        const double at = seconds(point.at - origin);
        x.add(at);
        y.add(point.value);
        xy.add(at * point.value);
        xx.add(at * at);
    }
    const auto n = static_cast<double>(points.size());
    const double covariance = xy.value() - x.value() * y.value() / n;
    const double variance = xx.value() - x.value() * x.value() / n;
    const double slope = covariance / variance;
    return {slope, y.value() / n - slope * x.value() / n};
}

// False, and the evaluation failed, unless 0 < factor < 1. NaN passes, as in Prometheus.
bool check_factor(double factor, std::string_view name, std::string_view symbol, const Context& context) {
    if (!(factor <= 0 || factor >= 1)) return true;
    context.report.fail("invalid " + std::string{name} + " factor. Expected: 0 < " + std::string{symbol} +
                        " < 1, got: " + gotext::format_float(factor, 'f', 6));
    return false;
}

}  // namespace

std::optional<double> deriv_over(const Window& window, std::span<const double>, const Context&) {
    if (window.points.size() < 2) return std::nullopt;
    // From the first point, because small numbers lose the least.
    return line_through(window.points, window.points.front().at).slope;
}

std::optional<double> predict_linear_over(const Window& window, std::span<const double> parameters,
                                          const Context& context) {
    if (window.points.size() < 2) return std::nullopt;
    const Line line = line_through(window.points, context.at);
    return line.slope * parameters.front() + line.intercept;
}

std::optional<double> double_exponential_smoothing_over(const Window& window, std::span<const double> parameters,
                                                        const Context& context) {
    const double smoothing = parameters[0];
    const double trending = parameters[1];
    if (!check_factor(smoothing, "smoothing", "sf", context)) return std::nullopt;
    if (!check_factor(trending, "trend", "tf", context)) return std::nullopt;
    const auto points = window.points;
    if (points.size() < 2) return std::nullopt;

    double smoothed = points[0].value;
    double trend = points[1].value - points[0].value;
    for (std::size_t i = 1; i < points.size(); ++i) {
        const double before = smoothed;
        smoothed = smoothing * points[i].value + (1 - smoothing) * (smoothed + trend);
        trend = trending * (smoothed - before) + (1 - trending) * trend;
    }
    return smoothed;
}

}  // namespace outrider::rules::promql
