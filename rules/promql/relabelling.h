// Changing the label sets of a whole vector, at the price of comparing pointers once it has been seen.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "rules/promql/label_memo.h"
#include "rules/promql/node.h"

namespace outrider::rules::promql {

/// The error of two elements with one label set; Prometheus's words.
inline constexpr std::string_view kSameLabelset = "vector cannot contain metrics with the same labelset";

/// The label sets of a vector, remembered from one evaluation to the next: vectors rarely change their members.
class Membership {
public:
    /// True when `vector` has the label sets of the last call, in their order, and the table has not been swept since.
    [[nodiscard]] bool unchanged(const Context& context, const Vector& vector);

private:
    std::uint64_t generation_ = 0;
    bool known_ = false;
    std::vector<const Labels*> labels_;
};

/// A set of labels without the metric's name, and without the type and unit that may come with it.
[[nodiscard]] Labels without_name(const Labels& labels);

/// True when no two elements have one label set.
[[nodiscard]] bool distinct(const Vector& vector);

/// Replaces each label set by one worked out from it alone.
class Relabelling {
public:
    /// `work_out(labels)` gives a new set, or nullptr to keep the one there is; it is asked once for each set. Two
    /// equal results are reported as an error. `on_change(element)` is called for each element whose set was replaced.
    template <class WorkOut, class OnChange>
    void apply(const Context& context, Vector& vector, WorkOut&& work_out, OnChange&& on_change) {
        const bool checked = members_.unchanged(context, vector);
        for (std::size_t i = 0; i < vector.size(); ++i) {
            const Labels* changed = memo_.at(context.labels, i, vector[i].labels, work_out);
            if (changed == nullptr) continue;
            vector[i].labels = changed;
            on_change(vector[i]);
        }
        if (!checked) distinct_ = distinct(vector);
        if (!distinct_) context.report.fail(std::string{kSameLabelset});
    }

private:
    Membership members_;
    LabelMemo<const Labels*> memo_;
    bool distinct_ = true;
};

/// What a computation does to the metric's name: gone, or marked as to go when names are removed late.
class NameDropper {
public:
    void drop(const Context& context, Vector& vector);
    /// At the end of a query: takes off the names that are marked.
    static void drop_marked(const Context& context, Vector& vector);

private:
    Relabelling relabelling_;
};

}  // namespace outrider::rules::promql
