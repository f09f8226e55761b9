#include "rules/promql/nodes/selector.h"

#include <algorithm>

#include "rules/promql/edges.h"

namespace outrider::rules::promql {

Instant Reference::of(const Context& context) const noexcept {
    auto moment = context.at;
    if (at) {
        switch (at->kind) {
            case AtModifier::Kind::timestamp: moment = at->timestamp; break;
            case AtModifier::Kind::start: moment = context.start; break;
            case AtModifier::Kind::end: moment = context.end; break;
        }
    }
    return moment - offset;
}

template <class ValueOf>
void InstantSelectorNode::select(const Context& context, Vector& out, ValueOf value_of) const {
    out.clear();
    const auto to = reference_.of(context);
    const auto from = to - context.options.lookback;
    for (const auto* series : selection_.series()) {
        const auto* point = series->newest(from, to);
        if (point == nullptr || is_stale(point->value)) continue;
        out.push_back({.labels = series->labels(), .value = value_of(*point)});
    }
}

void InstantSelectorNode::evaluate(const Context& context, Vector& out) {
    select(context, out, [](const Point& point) { return point.value; });
}

void InstantSelectorNode::evaluate_times(const Context& context, Vector& out) {
    select(context, out, [](const Point& point) { return unix_seconds(point.at); });
}

void SmoothedSelectorNode::evaluate(const Context& context, Vector& out) {
    out.clear();
    const auto at = reference_.of(context);
    const auto lookback = context.options.lookback;
    for (const auto* series : selection_.series()) {
        const auto points = series->window(at - lookback, at + lookback, copy_);
        if (const auto value = value_at(points, at)) out.push_back({.labels = series->labels(), .value = *value});
    }
}

void RangeSelectorNode::evaluate(const Context& context, Matrix& out) {
    out.to = reference_.of(context);
    out.from = out.to - range_;
    out.elements.clear();
    const auto from = edges_ == Edges::plain ? out.from : out.from - context.options.lookback;
    const auto to = edges_ == Edges::smoothed ? out.to + context.options.lookback : out.to;
    const auto all = selection_.series();
    if (copies_.size() < all.size()) copies_.resize(all.size());
    for (std::size_t i = 0; i < all.size(); ++i) {
        const auto points = all[i]->window(from, to, copies_[i]);
        if (!points.empty()) out.elements.push_back({.labels = all[i]->labels(), .points = points});
    }
}

void EdgedRangeNode::evaluate(const Context& context, Matrix& out) {
    inner_->evaluate(context, out);
    if (points_.size() < out.elements.size()) points_.resize(out.elements.size());
    std::size_t used = 0;
    for (const auto& element : out.elements) {
        const auto stretch = stretch_of(element.points, out.from, out.to, edges_, Slope::gauge);
        if (!stretch) continue;
        auto& points = points_[used];
        points.assign(1, {out.from, stretch->left});
        points.insert(points.end(), stretch->inner.begin(), stretch->inner.end());
        points.push_back({out.to, stretch->right});
        out.elements[used++] = {.labels = element.labels, .nameless = element.nameless, .points = points};
    }
    out.elements.resize(used);
}

Instant SubqueryNode::first_step(Instant from) const noexcept {
    const auto since = from.time_since_epoch();
    auto step = Instant{since - since % step_};
    while (step <= from) step += step_;
    return step;
}

Course SubqueryNode::inner_course(const Context& context) const noexcept {
    auto moved = context;
    moved.at = context.course.first;
    const auto first = first_step(reference_.of(moved) - range_);
    moved.at = context.course.last;
    return {.first = first, .last = reference_.of(moved), .step = step_, .query = context.course.query};
}

void SubqueryNode::evaluate(const Context& context, Matrix& out) {
    out.to = reference_.of(context);
    out.from = out.to - range_;
    out.elements.clear();
    rows_.clear();
    if (!context.report.take_steps(range_ / step_ + 1)) return;
    auto inner_context = context;
    inner_context.course = inner_course(context);
    for (inner_context.at = first_step(out.from); inner_context.at <= out.to; inner_context.at += step_) {
        inner_->evaluate(inner_context, vector_);
        if (context.report.error()) return;
        rows_.add(inner_context, vector_);
    }
    for (const auto& row : rows_.rows())
        out.elements.push_back({.labels = row.labels, .nameless = row.nameless, .points = row.points});
}

}  // namespace outrider::rules::promql
