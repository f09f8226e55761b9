#include "rules/promql/functions/scalars.h"

#include <limits>
#include <memory>
#include <numbers>
#include <utility>

#include "rules/promql/functions/arguments.h"
#include "rules/promql/name_dropper.h"

namespace outrider::rules::promql {
namespace {

class ScalarOfVector final : public ScalarNode {
public:
    explicit ScalarOfVector(VectorPtr vector) : vector_(std::move(vector)) {}

    double evaluate(const Context& context) override {
        vector_->evaluate(context, elements_);
        return elements_.size() == 1 ? elements_.front().value : std::numeric_limits<double>::quiet_NaN();
    }

private:
    VectorPtr vector_;
    Vector elements_;
};

class VectorOfScalar final : public VectorNode {
public:
    explicit VectorOfScalar(ScalarPtr scalar) : scalar_(std::move(scalar)) {}

    void evaluate(const Context& context, Vector& out) override {
        const double value = scalar_->evaluate(context);
        out.assign(1, {.labels = context.labels.intern(Labels{}), .value = value, .nameless = false});
    }

private:
    ScalarPtr scalar_;
};

class Time final : public ScalarNode {
public:
    double evaluate(const Context& context) override { return unix_seconds(context.at); }
};

class Pi final : public ScalarNode {
public:
    double evaluate(const Context&) override { return std::numbers::pi; }
};

class Timestamp final : public VectorNode {
public:
    explicit Timestamp(VectorPtr vector) : vector_(std::move(vector)) {}

    void evaluate(const Context& context, Vector& out) override {
        vector_->evaluate_times(context, out);
        names_.drop(context, out);
    }

private:
    VectorPtr vector_;
    NameDropper names_;
};

}  // namespace

ScalarPtr make_scalar(CallSite&& site) { return std::make_unique<ScalarOfVector>(take_vector(site, 0)); }
VectorPtr make_vector(CallSite&& site) { return std::make_unique<VectorOfScalar>(take_scalar(site, 0)); }
ScalarPtr make_time(CallSite&&) { return std::make_unique<Time>(); }
ScalarPtr make_pi(CallSite&&) { return std::make_unique<Pi>(); }
VectorPtr make_timestamp(CallSite&& site) { return std::make_unique<Timestamp>(take_vector(site, 0)); }

}  // namespace outrider::rules::promql
