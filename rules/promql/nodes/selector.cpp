#include "rules/promql/nodes/selector.h"

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

void RangeSelectorNode::evaluate(const Context& context, Matrix& out) {
    out.to = reference_.of(context);
    out.from = out.to - range_;
    out.elements.clear();
    const auto all = selection_.series();
    if (copies_.size() < all.size()) copies_.resize(all.size());
    for (std::size_t i = 0; i < all.size(); ++i) {
        const auto points = all[i]->window(out.from, out.to, copies_[i]);
        if (!points.empty()) out.elements.push_back({.labels = all[i]->labels(), .points = points});
    }
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
