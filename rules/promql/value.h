// What expressions evaluate to.
#pragma once

#include <span>
#include <string>
#include <variant>
#include <vector>

#include "outrider/labels.h"
#include "outrider/time.h"
#include "rules/series.h"

namespace outrider::rules::promql {

/// One element of an instant vector. `labels` are interned in the store's LabelTable. While names are removed late (see
/// Options) they still hold the metric's name although an operation has dropped it; then `nameless` is set.
struct Element {
    const Labels* labels = nullptr;
    double value = 0;
    bool nameless = false;
};
using Vector = std::vector<Element>;

/// One series in a window of time. The points belong to the store or to the node that made them, and are valid until
/// its next evaluation.
struct RangeElement {
    const Labels* labels = nullptr;
    bool nameless = false;
    std::span<const Point> points;  ///< oldest first, never empty, no stale markers
};

/// A range vector: what lies in (from, to]. As the argument of a function it also holds what is around an anchored or
/// smoothed one.
struct Matrix {
    Instant from{};
    Instant to{};
    std::vector<RangeElement> elements;
};

/// One series of a range query's result, or of a range vector's.
struct SeriesResult {
    Labels labels;
    std::vector<Point> points;
};

struct Sample {
    Labels labels;
    double value = 0;
};

/// Result of a query, free of the store: a scalar, a string, an instant vector, a range vector.
using Value = std::variant<double, std::string, std::vector<Sample>, std::vector<SeriesResult>>;

}  // namespace outrider::rules::promql
