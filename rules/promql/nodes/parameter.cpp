#include "rules/promql/nodes/parameter.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace outrider::rules::promql {

namespace {

// Not as a Duration: the moments may lie further apart than that can say. Want first <= last.
std::int64_t steps_of(const Course& course) noexcept {
    const auto count = [](Instant at) { return static_cast<std::uint64_t>(at.time_since_epoch().count()); };
    const auto steps = (count(course.last) - count(course.first)) / static_cast<std::uint64_t>(course.step.count());
    return static_cast<std::int64_t>(std::min(steps, std::uint64_t{1} << 62U)) + 1;
}

}  // namespace

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
    if (course.first > course.last || !context.report.take_steps(steps_of(course))) return known_;
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
