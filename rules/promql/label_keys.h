// Label sets derived from others by one rule: without the metric's name, of a group, what two vectors are matched by.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

#include "outrider/labels.h"
#include "rules/label_table.h"
#include "rules/promql/label_memo.h"

namespace outrider::rules::promql {

/// A derived label set and its number: 0, 1, 2 … in the order of first appearance, so that what belongs to it can lie
/// in an array.
struct LabelKey {
    const Labels* labels = nullptr;
    std::uint32_t number = 0;
};

class LabelKeys {
public:
    using Rule = std::function<Labels(const Labels&)>;

    explicit LabelKeys(Rule rule) : rule_(std::move(rule)) {}

    /// The key of `labels`, which stands at `place` of the vector on that `side` (0 or 1).
    LabelKey of(LabelTable& table, std::size_t place, const Labels* labels, std::size_t side = 0) {
        if (generation_ != table.generation()) {
            generation_ = table.generation();
            numbers_.clear();
        }
        return memos_[side].at(table, place, labels, [&](const Labels& whole) {
            const auto* derived = table.intern(rule_(whole));
            const auto number = static_cast<std::uint32_t>(numbers_.size());
            return LabelKey{derived, numbers_.try_emplace(derived, number).first->second};
        });
    }

    /// Every number given is below this.
    [[nodiscard]] std::size_t count() const noexcept { return numbers_.size(); }

private:
    Rule rule_;
    std::uint64_t generation_ = 0;
    std::unordered_map<const Labels*, std::uint32_t> numbers_;
    std::array<LabelMemo<LabelKey>, 2> memos_;
};

/// A set of key numbers that is emptied in no time.
class Marks {
public:
    void clear() noexcept { ++epoch_; }
    /// False when it was in the set already.
    bool insert(std::uint32_t number) {
        if (number >= stamps_.size()) stamps_.resize(number + std::size_t{1});
        if (stamps_[number] == epoch_) return false;
        stamps_[number] = epoch_;
        return true;
    }
    [[nodiscard]] bool contains(std::uint32_t number) const noexcept {
        return number < stamps_.size() && stamps_[number] == epoch_;
    }

private:
    std::uint64_t epoch_ = 1;
    std::vector<std::uint64_t> stamps_;
};

/// Only those names (by, on) or all but those (without, ignoring).
[[nodiscard]] Labels only(const Labels& labels, const std::vector<std::string>& names);
[[nodiscard]] Labels all_but(const Labels& labels, const std::vector<std::string>& names);

/// Without the metric's name, and without the type and unit that Prometheus may keep beside it.
[[nodiscard]] Labels nameless(const Labels& labels);

}  // namespace outrider::rules::promql
