// Interned label sets: equal sets have one address, so that the evaluator compares and remembers pointers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <unordered_set>
#include <utility>

#include "outrider/labels.h"

namespace outrider::rules {

class LabelTable {
public:
    /// The one set equal to `labels`. It stays where it is until a sweep() that does not keep it.
    const Labels* intern(const Labels& labels) { return &*sets_.insert(labels).first; }
    const Labels* intern(Labels&& labels) { return &*sets_.insert(std::move(labels)).first; }

    /// Forgets every set for which `keep(const Labels*)` is false. Whoever remembers pointers compares generation()
    /// before using them.
    template <class Predicate>
    void sweep(Predicate&& keep) {
        std::erase_if(sets_, [&](const Labels& labels) { return !keep(&labels); });
        ++generation_;
    }

    [[nodiscard]] std::uint64_t generation() const noexcept { return generation_; }
    [[nodiscard]] std::size_t size() const noexcept { return sets_.size(); }

private:
    struct Hash {
        std::size_t operator()(const Labels& labels) const noexcept { return labels.fingerprint(); }
    };
    std::unordered_set<Labels, Hash> sets_;  // its nodes do not move
    std::uint64_t generation_ = 0;
};

}  // namespace outrider::rules
