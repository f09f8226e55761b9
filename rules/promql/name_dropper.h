// What an operation does to the metric's name: its result is no longer that metric.
#pragma once

#include "rules/promql/label_keys.h"
#include "rules/promql/node.h"

namespace outrider::rules::promql {

inline constexpr const char* kSameLabels = "vector cannot contain metrics with the same labelset";

class NameDropper {
public:
    /// Takes the name off every element, or marks it for the end (Options::delayed_name_removal). Two elements that
    /// only their names told apart are an error.
    void drop(const Context& context, Vector& vector);
    /// At the end of a query: takes off what is marked.
    void drop_marked(const Context& context, Vector& vector);

private:
    LabelKeys keys_{nameless};
    LabelKeys same_{[](const Labels& labels) { return labels; }};
    Marks seen_;
};

}  // namespace outrider::rules::promql
