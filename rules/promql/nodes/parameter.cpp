#include "rules/promql/nodes/parameter.h"

#include <algorithm>
#include <cmath>

namespace outrider::rules::promql {

Extremes Parameter::extremes(const Context& context) {
    const auto& course = context.course;
    if (const auto number = value_->constant()) return {*number, *number, std::isnan(*number)};
    if (course.is_moment()) {
        const auto number = evaluate(context);
        return {number, number, std::isnan(number)};
    }
    if (known_for_ == course) return known_;
    known_for_ = course;
    known_ = {};
    if (course.first > course.last || !context.report.take_steps((course.last - course.first) / course.step + 1))
        return known_;
    auto moved = context;
    for (moved.at = course.first; moved.at <= course.last; moved.at += course.step) {
        const auto number = evaluate(moved);
        if (std::isnan(number)) {
            known_ = {number, number, true};
            break;
        }
        const bool is_first = moved.at == course.first;
        known_.least = is_first ? number : std::min(known_.least, number);
        known_.greatest = is_first ? number : std::max(known_.greatest, number);
    }
    return known_;
}

}  // namespace outrider::rules::promql
