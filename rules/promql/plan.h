// An expression made ready to be evaluated over a store, again and again.
#pragma once

#include <memory>
#include <optional>
#include <span>

#include "outrider/result.h"
#include "rules/promql/context.h"
#include "rules/promql/durations.h"
#include "rules/promql/expr.h"
#include "rules/promql/value.h"
#include "rules/series_store.h"

namespace outrider::rules::promql {

class Plan {
public:
    /// Tells the store what will be looked at, and how far back. The store must outlive the plan; `expr` need not.
    /// `query` is what step() and range() are within durations: a plan with either is for instant queries, or for range
    /// queries of one kind. With a duration_error() every evaluation fails.
    Plan(const Expr& expr, SeriesStore& store, Options options, const QuerySpan& query = {});
    Plan(Plan&&) noexcept;
    Plan& operator=(Plan&&) noexcept;
    ~Plan();

    [[nodiscard]] ValueType type() const noexcept;

    /// As a rule sees it: the elements of an instant vector, or a scalar as one element without labels. Valid until the
    /// next evaluation. Want a type of scalar or instant_vector. Order is the store's, unless the expression sorts.
    [[nodiscard]] Result<std::span<const Element>> elements(Instant at);

    /// An instant query.
    [[nodiscard]] Result<Value> evaluate(Instant at);

    /// A range query at start, start + step, … up to end; want step > 0 and a scalar or an instant vector. A series for
    /// each label set, in the order of labels; a scalar is one series without labels.
    [[nodiscard]] Result<std::vector<SeriesResult>> evaluate_range(Instant start, Instant end, Duration step);

    /// Of the newest evaluation.
    [[nodiscard]] std::span<const Annotation> annotations() const noexcept;

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace outrider::rules::promql
