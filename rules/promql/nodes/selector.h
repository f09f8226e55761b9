// Selectors: the leaves that read the store.
#pragma once

#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include "rules/promql/expr.h"
#include "rules/promql/node.h"
#include "rules/promql/rows.h"
#include "rules/series_store.h"

namespace outrider::rules::promql {

/// Which moment a selector or subquery looks at: its @, else the evaluation's, less the offset.
struct Reference {
    std::optional<AtModifier> at;
    Duration offset{};

    [[nodiscard]] Instant of(const Context& context) const noexcept;
};

class InstantSelectorNode final : public VectorNode {
public:
    InstantSelectorNode(const Selection& selection, Reference reference)
        : selection_(selection), reference_(reference) {}

    void evaluate(const Context& context, Vector& out) override;
    void evaluate_times(const Context& context, Vector& out) override;

private:
    template <class ValueOf>
    void select(const Context& context, Vector& out, ValueOf value_of) const;

    const Selection& selection_;
    Reference reference_;
};

/// A smoothed instant selector: on the line between the samples around the moment; the one before while there is none
/// behind. Stale markers do not end a series for it.
class SmoothedSelectorNode final : public VectorNode {
public:
    SmoothedSelectorNode(const Selection& selection, Reference reference)
        : selection_(selection), reference_(reference), plain_(selection, reference) {}

    void evaluate(const Context& context, Vector& out) override;
    /// timestamp() knows nothing of the line, in Prometheus neither.
    void evaluate_times(const Context& context, Vector& out) override { plain_.evaluate_times(context, out); }

private:
    const Selection& selection_;
    Reference reference_;
    InstantSelectorNode plain_;
    std::vector<Point> copy_;
};

/// With edges the points around the range come too, as far away as an instant selector looks back: before it, and when
/// smoothed behind it as well. A series may then have none within.
class RangeSelectorNode final : public RangeNode {
public:
    RangeSelectorNode(const Selection& selection, Reference reference, Duration range, Edges edges)
        : selection_(selection), reference_(reference), range_(range), edges_(edges) {}

    void evaluate(const Context& context, Matrix& out) override;

private:
    const Selection& selection_;
    Reference reference_;
    Duration range_;
    Edges edges_;
    std::vector<std::vector<Point>> copies_;  // windows that had stale markers in them
};

/// What a range with edges is as a result: a point at each end, and the points between them.
class EdgedRangeNode final : public RangeNode {
public:
    /// `inner`: a range selector with those edges.
    EdgedRangeNode(RangePtr inner, Edges edges) : inner_(std::move(inner)), edges_(edges) {}

    void evaluate(const Context& context, Matrix& out) override;

private:
    RangePtr inner_;
    Edges edges_;
    std::vector<std::vector<Point>> points_;
};

/// EXPR[range:step]: the expression at multiples of the step.
class SubqueryNode final : public RangeNode {
public:
    SubqueryNode(VectorPtr inner, Reference reference, Duration range, Duration step)
        : inner_(std::move(inner)), reference_(reference), range_(range), step_(step) {}

    void evaluate(const Context& context, Matrix& out) override;

private:
    /// The moments of the expression for all moments of the context's course.
    [[nodiscard]] Course inner_course(const Context& context) const noexcept;
    /// The first multiple of the step behind `from`.
    [[nodiscard]] Instant first_step(Instant from) const noexcept;

    VectorPtr inner_;
    Reference reference_;
    Duration range_;
    Duration step_;
    Vector vector_;
    Rows rows_;
};

}  // namespace outrider::rules::promql
