// Remembers what was worked out for a label set: a set without the name, the group it falls into, the partner's key.
#pragma once

#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <utility>
#include <vector>

#include "outrider/labels.h"
#include "rules/label_table.h"

namespace outrider::rules::promql {

/// Vectors come in much the same order each time, so the answer for the i-th element is looked for at place i first,
/// and only then by hash.
template <class T>
class LabelMemo {
public:
    /// What `work_out(labels)` gave for this set when it was first asked, since the table was last swept.
    /// `place`: its index in the vector at hand.
    template <class WorkOut>
    T& at(const LabelTable& table, std::size_t place, const Labels* labels, WorkOut&& work_out) {
        if (generation_ != table.generation()) clear(table.generation());
        if (place < recent_.size() && recent_[place].first == labels) return *recent_[place].second;
        auto found = known_.find(labels);
        if (found == known_.end()) found = known_.emplace(labels, work_out(*labels)).first;
        if (place >= recent_.size()) recent_.resize(place + 1);
        recent_[place] = {labels, &found->second};
        return found->second;
    }

private:
    void clear(std::uint64_t generation) {
        known_.clear();
        recent_.clear();
        generation_ = generation;
    }

    std::uint64_t generation_ = 0;
    std::unordered_map<const Labels*, T> known_;  // its nodes do not move
    std::vector<std::pair<const Labels*, T*>> recent_;
};

}  // namespace outrider::rules::promql
