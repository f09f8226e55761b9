#include "rules/promql/functions/edged_rates.h"

#include <algorithm>
#include <chrono>
#include <iterator>

#include "rules/promql/edges.h"
#include "rules/promql/functions/rates.h"

namespace outrider::rules::promql {
namespace {

// From end to end. What a counter had counted before it began again comes on top.
std::optional<double> change_over(const Window& window, Edges edges, Slope slope) noexcept {
    const auto stretch = stretch_of(window.points, window.from, window.to, edges, slope);
    if (!stretch) return std::nullopt;
    const double change = stretch->right - stretch->left;
    if (slope == Slope::gauge) return change;
    double lost = 0;
    double before = stretch->left;
    for (const Point& point : stretch->inner) {
        if (point.value < before) lost += before;
        before = point.value;
    }
    if (stretch->right < before) lost += before;
    return change + lost;
}

template <Edges edges>
std::optional<double> delta(const Window& window, std::span<const double>, const Context&) {
    return change_over(window, edges, Slope::gauge);
}

template <Edges edges>
std::optional<double> increase(const Window& window, std::span<const double>, const Context& context) {
    const auto change = change_over(window, edges, Slope::counter);
    if (change) check_counter_name(window, context);
    return change;
}

template <Edges edges>
std::optional<double> rate(const Window& window, std::span<const double> parameters, const Context& context) {
    const auto change = increase<edges>(window, parameters, context);
    if (!change) return std::nullopt;
    // Rounded as Prometheus rounds the seconds of a range: the whole ones and the rest apart.
    const auto range = window.to - window.from;
    const auto whole = std::chrono::duration_cast<std::chrono::seconds>(range);
    return *change / (static_cast<double>(whole.count()) + seconds(range - whole));
}

// From the newest point at or before the range on.
template <RangeFunction function>
std::optional<double> from_anchor(const Window& window, std::span<const double> parameters, const Context& context) {
    if (window.points.back().at <= window.from) return std::nullopt;
    auto first = std::ranges::upper_bound(window.points, window.from, {}, &Point::at);
    if (first != window.points.begin()) --first;
    auto anchored = window;
    anchored.points = {first, window.points.end()};
    return function(anchored, parameters, context);
}

}  // namespace

RangeFunction edged_function(FunctionId id, Edges edges) noexcept {
    const bool smoothed = edges == Edges::smoothed;
    if (id == FunctionId::changes) return from_anchor<&changes_over>;
    if (id == FunctionId::resets) return from_anchor<&resets_over>;
    if (id == FunctionId::delta) return smoothed ? delta<Edges::smoothed> : delta<Edges::anchored>;
    if (id == FunctionId::increase) return smoothed ? increase<Edges::smoothed> : increase<Edges::anchored>;
    return smoothed ? rate<Edges::smoothed> : rate<Edges::anchored>;
}

}  // namespace outrider::rules::promql
