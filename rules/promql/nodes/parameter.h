// The parameter of an aggregation: topk(K, …), quantile(PHI, …).
#pragma once

#include <optional>
#include <utility>

#include "rules/promql/node.h"

namespace outrider::rules::promql {

/// What a number is over all moments of a course. With a NaN among them both ends are NaN.
struct Extremes {
    double least = 0;
    double greatest = 0;
    bool has_nan = false;
};

class Parameter {
public:
    explicit Parameter(ScalarPtr value) : value_(std::move(value)) {}

    [[nodiscard]] double evaluate(const Context& context) { return value_->evaluate(context); }

    /// Over the context's course, for Prometheus judges a parameter by all of its values. They are worked out at the
    /// first call of a course; of a number, or of a single moment, there is nothing to work out.
    [[nodiscard]] Extremes extremes(const Context& context);

private:
    ScalarPtr value_;
    std::optional<Course> known_for_;
    Extremes known_;
};

}  // namespace outrider::rules::promql
