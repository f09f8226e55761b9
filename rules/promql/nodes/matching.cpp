#include "rules/promql/nodes/matching.h"

#include <fmt/format.h>

#include <algorithm>

#include "rules/promql/name_dropper.h"
#include "rules/promql/nodes/operators.h"

namespace outrider::rules::promql {
namespace {

using Card = VectorMatching::Card;

}  // namespace

LabelKeys match_keys(const VectorMatching& matching) {
    auto names = matching.labels;
    if (matching.on) return LabelKeys{[names](const Labels& labels) { return only(labels, names); }};
    names.emplace_back(kMetricName);
    return LabelKeys{[names](const Labels& labels) { return all_but(labels, names); }};
}

void SetOperatorNode::settle_names(const Context& context, Vector& out) {
    if (named_for_ != context.course) nameless_.clear();
    named_for_ = context.course;
    for (auto& element : out) element.nameless = nameless_.try_emplace(element.labels, element.nameless).first->second;
}

void SetOperatorNode::evaluate(const Context& context, Vector& out) {
    left_->evaluate(context, out);
    right_->evaluate(context, right_values_);
    present_.clear();
    const auto key = [&](const Vector& vector, std::size_t i, std::size_t side) {
        return keys_.of(context.labels, i, vector[i].labels, side).number;
    };
    if (op_ == BinaryOp::set_or) {
        for (std::size_t i = 0; i < out.size() && !right_values_.empty(); ++i) present_.insert(key(out, i, 0));
        for (std::size_t i = 0; i < right_values_.size(); ++i)
            if (!present_.contains(key(right_values_, i, 1))) out.push_back(right_values_[i]);
        if (context.options.delayed_name_removal && !context.course.is_moment()) settle_names(context, out);
        return;
    }
    for (std::size_t i = 0; i < right_values_.size(); ++i) present_.insert(key(right_values_, i, 1));
    const bool wanted = op_ == BinaryOp::set_and;
    std::size_t kept = 0;
    for (std::size_t i = 0; i < out.size(); ++i)
        if (present_.contains(key(out, i, 0)) == wanted) out[kept++] = out[i];
    out.resize(kept);
}

MatchingNode::MatchingNode(BinaryOp op, bool return_bool, VectorMatching matching, VectorPtr left, VectorPtr right)
    : op_(op),
      return_bool_(return_bool),
      matching_(std::move(matching)),
      many_(std::move(left)),
      one_(std::move(right)),
      keys_(match_keys(matching_)) {
    if (matching_.card == Card::one_to_many) std::swap(many_, one_);
}

bool MatchingNode::index_one_side(const Context& context) {
    has_one_.clear();
    for (std::size_t i = 0; i < one_values_.size(); ++i) {
        const auto key = keys_.of(context.labels, i, one_values_[i].labels, 1);
        if (one_of_.size() <= key.number) one_of_.resize(key.number + std::size_t{1});
        if (!has_one_.insert(key.number)) {
            const auto [first, second] = std::minmax(*one_values_[i].labels, *one_values_[one_of_[key.number]].labels);
            context.report.fail(fmt::format(
                "found duplicate series for the match group {} on the {} hand-side of the operation: [{}, {}];"
                "many-to-many matching not allowed: matching labels must be unique on one side",
                key.labels->to_string(), matching_.card == Card::one_to_many ? "left" : "right", first.to_string(),
                second.to_string()));
            return false;
        }
        one_of_[key.number] = i;
    }
    return true;
}

Labels MatchingNode::joined_labels(const Context& context, const Labels& many, const Labels& one) const {
    const bool keeps_name = is_comparison(op_) && (!return_bool_ || context.options.delayed_name_removal);
    auto result = keeps_name ? many : nameless(many);
    if (matching_.card == Card::one_to_one)
        result = matching_.on ? only(result, matching_.labels) : all_but(result, matching_.labels);
    for (const auto& name : matching_.include) result.set(name, one.value_of(name));
    return result;
}

std::uint32_t MatchingNode::pair_number(std::uint32_t key, std::uint32_t result, std::uint64_t generation) {
    if (pairs_generation_ != generation) pairs_.clear();
    pairs_generation_ = generation;
    const auto next = static_cast<std::uint32_t>(pairs_.size());
    return pairs_.try_emplace(std::uint64_t{key} << 32U | result, next).first->second;
}

const MatchingNode::Joined& MatchingNode::join(const Context& context, std::size_t place, const Labels* many,
                                               const Labels* one) {
    auto& joined = joined_.at(context.labels, place, many, [](const Labels&) { return Joined{}; });
    if (joined.one != one) {
        joined.one = one;
        joined.result = results_.of(context.labels, place, context.labels.intern(joined_labels(context, *many, *one)));
        const auto key = keys_.of(context.labels, place, many, 0).number;
        joined.pair = pair_number(key, joined.result.number, context.labels.generation());
    }
    return joined;
}

bool MatchingNode::take(const Context& context, std::uint32_t key, std::uint32_t pair) {
    const bool one_to_one = matching_.card == Card::one_to_one;
    if (matched_.insert(one_to_one ? key : pair)) return true;
    context.report.fail(one_to_one ? "multiple matches for labels: many-to-one matching must be explicit "
                                     "(group_left/group_right)"
                                   : "multiple matches for labels: grouping labels must ensure unique matches");
    return false;
}

void MatchingNode::evaluate(const Context& context, Vector& out) {
    out.clear();
    many_->evaluate(context, many_values_);
    one_->evaluate(context, one_values_);
    if (many_values_.empty() || one_values_.empty() || !index_one_side(context)) return;
    matched_.clear();
    taken_.clear();
    const bool late_names = context.options.delayed_name_removal;
    bool same_labels = false;
    for (std::size_t i = 0; i < many_values_.size(); ++i) {
        const auto& many = many_values_[i];
        const auto key = keys_.of(context.labels, i, many.labels, 0);
        if (!has_one_.contains(key.number)) continue;
        const auto& one = one_values_[one_of_[key.number]];
        const bool swapped = matching_.card == Card::one_to_many;
        const auto left = swapped ? one.value : many.value;
        const auto right = swapped ? many.value : one.value;

        const auto& joined = join(context, i, many.labels, one.labels);
        if (!take(context, key.number, joined.pair)) return;
        auto value = left;
        if (is_comparison(op_)) {
            const bool holds = compare(op_, left, right);
            if (return_bool_) {
                value = holds ? 1 : 0;
            } else if (!holds) {
                continue;
            }
        } else {
            value = arithmetic(op_, left, right);
        }
        // Results of different matches may be the same. While names are removed late, Prometheus minds that in the
        // midst of a query when it has several moments, and else at its end.
        if (!taken_.insert(joined.result.number) && !(late_names && context.course.is_moment())) same_labels = true;
        // Whether an operand's name was marked for removal says nothing about the result, as in Prometheus.
        out.push_back({.labels = joined.result.labels, .value = value, .nameless = return_bool_ && late_names});
    }
    if (same_labels) context.report.fail(kSameLabels);
}

}  // namespace outrider::rules::promql
