#include "rules/promql/functions/over_time.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <string>
#include <vector>

#include "rules/promql/functions/phi.h"
#include "rules/promql/functions/window_sum.h"
#include "rules/promql/quantile.h"
#include "rules/promql/sums.h"

namespace outrider::rules::promql {
namespace {

WindowSum total_of(std::span<const Point> points) noexcept {
    WindowSum total;
    for (const Point& point : points) total.add(point.value);
    return total;
}

double mean_of(std::span<const Point> points) noexcept {
    CompensatedMean mean;
    for (const Point& point : points) mean.add(point.value);
    return mean.value();
}

// The best of the values by `better`; a NaN is worse than any number.
template <class Better>
const Point& extreme_of(std::span<const Point> points, Better better) noexcept {
    std::size_t best = 0;
    for (std::size_t i = 1; i < points.size(); ++i) {
        if (better(points[i].value, points[best].value) || std::isnan(points[best].value)) best = i;
    }
    return points[best];
}

// The same for values alone, where nothing but a maximum instruction is left in the loop.
template <class Better>
double extreme_value_of(std::span<const Point> points, Better better) noexcept {
    std::size_t i = 0;
    while (i + 1 < points.size() && std::isnan(points[i].value)) ++i;
    double best = points[i].value;
    for (++i; i < points.size(); ++i) best = better(points[i].value, best) ? points[i].value : best;
    return best;
}

// Welford's method with compensated sums, as Prometheus has it: equal values give exactly 0.
double variance_of(std::span<const Point> points) noexcept {
    double count = 0;
    CompensatedSum mean;
    CompensatedSum squares;
    for (const Point& point : points) {
        ++count;
        const double distance = point.value - mean.value();
        mean.add(distance / count);
        squares.add(distance * (point.value - mean.value()));
    }
    return squares.value() / count;
}

// Room for the values of a window, to be put in order; on the stack up to the size of usual windows.
class Values {
public:
    explicit Values(std::span<const Point> points) {
        double* place = small_.data();
        if (points.size() > small_.size()) {
            large_.resize(points.size());
            place = large_.data();
        }
        values_ = {place, points.size()};
        for (std::size_t i = 0; i < points.size(); ++i) place[i] = points[i].value;
    }
    Values(const Values&) = delete;
    Values& operator=(const Values&) = delete;

    [[nodiscard]] std::span<double> all() noexcept { return values_; }

private:
    std::array<double, 512> small_;  // filled as far as it is used
    std::vector<double> large_;
    std::span<double> values_;
};

}  // namespace

std::optional<double> sum_over(const Window& window, std::span<const double>, const Context&) {
    return total_of(window.points).value();
}

std::optional<double> avg_over(const Window& window, std::span<const double>, const Context&) {
    const WindowSum total = total_of(window.points);
    if (!std::isfinite(total.sum)) return mean_of(window.points);  // it may still be finite
    const auto count = static_cast<double>(window.points.size());
    return total.sum / count + total.rest / count;
}

std::optional<double> min_over(const Window& window, std::span<const double>, const Context&) {
    return extreme_value_of(window.points, [](double a, double b) { return a < b; });
}

std::optional<double> max_over(const Window& window, std::span<const double>, const Context&) {
    return extreme_value_of(window.points, [](double a, double b) { return a > b; });
}

std::optional<double> count_over(const Window& window, std::span<const double>, const Context&) {
    return static_cast<double>(window.points.size());
}

std::optional<double> first_over(const Window& window, std::span<const double>, const Context&) {
    return window.points.front().value;
}

std::optional<double> last_over(const Window& window, std::span<const double>, const Context&) {
    return window.points.back().value;
}

std::optional<double> present_over(const Window&, std::span<const double>, const Context&) { return 1; }

std::optional<double> stddev_over(const Window& window, std::span<const double>, const Context&) {
    return std::sqrt(variance_of(window.points));
}

std::optional<double> stdvar_over(const Window& window, std::span<const double>, const Context&) {
    return variance_of(window.points);
}

std::optional<double> mad_over(const Window& window, std::span<const double>, const Context&) {
    // Without it the median would leave NaN out, for it sorts first (Prometheus since 3.14).
    if (std::ranges::any_of(window.points, [](const Point& point) { return std::isnan(point.value); }))
        return std::numeric_limits<double>::quiet_NaN();
    Values values{window.points};
    const double median = quantile_of(0.5, values.all());
    for (double& value : values.all()) value = std::fabs(value - median);
    return quantile_of(0.5, values.all());
}

std::optional<double> quantile_over(const Window& window, std::span<const double> parameters, const Context& context) {
    const double phi = parameters.front();
    check_phi(phi, context, window.begin);
    Values values{window.points};
    return quantile_of(phi, values.all());
}

std::optional<double> ts_of_first_over(const Window& window, std::span<const double>, const Context&) {
    return unix_seconds(window.points.front().at);
}

std::optional<double> ts_of_last_over(const Window& window, std::span<const double>, const Context&) {
    return unix_seconds(window.points.back().at);
}

std::optional<double> ts_of_max_over(const Window& window, std::span<const double>, const Context&) {
    return unix_seconds(extreme_of(window.points, [](double a, double b) { return a >= b; }).at);
}

std::optional<double> ts_of_min_over(const Window& window, std::span<const double>, const Context&) {
    return unix_seconds(extreme_of(window.points, [](double a, double b) { return a <= b; }).at);
}

}  // namespace outrider::rules::promql
