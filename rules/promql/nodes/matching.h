// Operators between two vectors, whose elements find each other by labels.
#pragma once

#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <utility>
#include <vector>

#include "rules/promql/expr.h"
#include "rules/promql/label_keys.h"
#include "rules/promql/node.h"

namespace outrider::rules::promql {

/// What elements of two vectors are matched by: their labels under on() or ignoring(), never the metric's name unless
/// on() asks for it.
[[nodiscard]] LabelKeys match_keys(const VectorMatching& matching);

/// and, or, unless.
class SetOperatorNode final : public VectorNode {
public:
    SetOperatorNode(BinaryOp op, const VectorMatching& matching, VectorPtr left, VectorPtr right)
        : op_(op), left_(std::move(left)), right_(std::move(right)), keys_(match_keys(matching)) {}
    void evaluate(const Context& context, Vector& out) override;

private:
    /// A series may come from the left now and then from the right. Over a course its first element says whether it has
    /// lost its name (Options::delayed_name_removal).
    void settle_names(const Context& context, Vector& out);

    BinaryOp op_;
    VectorPtr left_;
    VectorPtr right_;
    LabelKeys keys_;
    Marks present_;
    Vector right_values_;
    Course named_for_;
    std::unordered_map<const Labels*, bool> nameless_;
};

/// Arithmetic and comparisons, one to one or many to one.
class MatchingNode final : public VectorNode {
public:
    MatchingNode(BinaryOp op, bool return_bool, VectorMatching matching, VectorPtr left, VectorPtr right);
    void evaluate(const Context& context, Vector& out) override;

private:
    struct Joined {
        const Labels* one = nullptr;
        LabelKey result{};
        std::uint32_t pair = 0;  // number of the match and the result together
    };
    /// Fills one_of_; false after reporting that the one side has two elements of one key.
    bool index_one_side(const Context& context);
    [[nodiscard]] const Joined& join(const Context& context, std::size_t place, const Labels* many, const Labels* one);
    [[nodiscard]] Labels joined_labels(const Context& context, const Labels& many, const Labels& one) const;
    [[nodiscard]] std::uint32_t pair_number(std::uint32_t key, std::uint32_t result, std::uint64_t generation);
    /// False after reporting that the key has this result already.
    bool take(const Context& context, std::uint32_t key, std::uint32_t pair);

    BinaryOp op_;
    bool return_bool_;
    VectorMatching matching_;
    VectorPtr many_;  // the left side, unless the right one may have many
    VectorPtr one_;
    LabelKeys keys_;
    LabelMemo<Joined> joined_;  // by the element of the many side
    LabelKeys results_{[](const Labels& labels) { return labels; }};
    std::unordered_map<std::uint64_t, std::uint32_t> pairs_;  // by key and result, of one generation of the label table
    std::uint64_t pairs_generation_ = 0;

    Vector many_values_;
    Vector one_values_;
    std::vector<std::size_t> one_of_;  // by key: index in one_values_; valid where marked
    Marks has_one_;
    Marks matched_;  // keys that had a match, one to one; pairs of keys and results, many to one
    Marks taken_;    // results
};

}  // namespace outrider::rules::promql
