#include "rules/promql/functions/absence.h"

#include <memory>
#include <set>
#include <string_view>
#include <utility>
#include <variant>

#include "rules/promql/functions/arguments.h"

namespace outrider::rules::promql {
namespace {

const VectorSelector* selector_in(const Expr& expr) {
    const auto& node = without_parens(expr).node;
    if (const auto* matrix = std::get_if<MatrixSelector>(&node)) return &matrix->selector;
    return std::get_if<VectorSelector>(&node);
}

// A label that is asked for twice, or with another operator after the `=`, is left out: so Prometheus has always done.
Labels asked_for(const Call& call) {
    Labels labels;
    const VectorSelector* selector = selector_in(*call.args.front());
    if (selector == nullptr) return labels;
    std::set<std::string_view> seen;
    for (const Matcher& matcher : selector->matchers) {
        if (matcher.label() == kMetricName) continue;
        const bool wanted = matcher.op() == MatchOp::equal && seen.insert(matcher.label()).second;
        labels.set(matcher.label(), wanted ? std::string_view{matcher.value()} : std::string_view{});
    }
    return labels;
}

bool is_empty(const Vector& vector) { return vector.empty(); }
bool is_empty(const Matrix& matrix) { return matrix.elements.empty(); }

// Node and Seen: VectorNode and Vector, or RangeNode and Matrix.
template <class Node, class Seen>
class Absent final : public VectorNode {
public:
    Absent(std::unique_ptr<Node> node, Labels labels) : node_(std::move(node)), labels_(std::move(labels)) {}

    void evaluate(const Context& context, Vector& out) override {
        node_->evaluate(context, seen_);
        out.clear();
        if (!is_empty(seen_)) return;
        out.push_back({.labels = context.labels.intern(labels_), .value = 1, .nameless = false});
    }

private:
    std::unique_ptr<Node> node_;
    Labels labels_;
    Seen seen_;
};

}  // namespace

VectorPtr make_absent(CallSite&& site) {
    return std::make_unique<Absent<VectorNode, Vector>>(take_vector(site, 0), asked_for(*site.call));
}

VectorPtr make_absent_over_time(CallSite&& site) {
    return std::make_unique<Absent<RangeNode, Matrix>>(take_range(site, 0), asked_for(*site.call));
}

}  // namespace outrider::rules::promql
