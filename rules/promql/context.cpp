#include "rules/promql/context.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace outrider::rules::promql {

void Report::fail(std::string text) {
    if (!error_) error_ = std::move(text);
}

void Report::annotate(Annotation::Kind kind, std::string text, std::size_t begin) {
    if (!wants_annotations_) return;
    Annotation annotation{.kind = kind, .text = std::move(text), .begin = begin};
    if (std::ranges::find(annotations_, annotation) == annotations_.end())
        annotations_.push_back(std::move(annotation));
}

bool Report::take_steps(std::int64_t steps) {
    if (steps > steps_left_) {
        fail(fmt::format("subqueries with more than {} steps", kMostSteps));
        return false;
    }
    steps_left_ -= steps;
    return true;
}

}  // namespace outrider::rules::promql
