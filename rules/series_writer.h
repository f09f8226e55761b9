// Writes the results of evaluations back into the store, one after the other: what is not in a result any more gets a
// stale marker, and is let go.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <utility>
#include <vector>

#include "outrider/labels.h"
#include "outrider/result.h"
#include "outrider/time.h"
#include "rules/promql/label_memo.h"
#include "rules/promql/value.h"
#include "rules/series_store.h"

namespace outrider::rules {

class SeriesWriter {
public:
    explicit SeriesWriter(SeriesStore& store) : store_(&store) {}

    /// Writes one result as of `at`, which rises from result to result. `named(labels)` gives the labels of an
    /// element's series, and is asked once for as long as the element keeps coming. An error, and nothing written, when
    /// two elements would be one series; an error also when somebody else writes one of them, which then keeps what it
    /// had.
    template <class Named>
    [[nodiscard]] Status write(std::span<const promql::Element> elements, Named&& named, Instant at) {
        ++round_;
        places_.clear();
        for (std::size_t i = 0; i < elements.size(); ++i) {
            auto* entry = memo_.at(store_->labels(), i, elements[i].labels,
                                   [&](const Labels& labels) { return this->entry_of(named(labels)); });
            if (std::exchange(entry->round, round_) == round_)
                return Error{"vector contains metrics with the same labelset after applying rule labels"};
            places_.push_back(entry);
        }
        return append(elements, at);
    }

private:
    struct Entry {
        Series* series = nullptr;  // null: nobody looks at it
        std::uint64_t round = 0;   // in which it was last written
    };
    [[nodiscard]] Entry* entry_of(const Labels& labels);
    [[nodiscard]] Status append(std::span<const promql::Element> elements, Instant at);

    SeriesStore* store_;
    std::map<Labels, Entry> entries_;  // by the labels of the series; its nodes do not move
    promql::LabelMemo<Entry*> memo_;
    std::vector<const Entry*> places_;  // of the elements at hand
    std::uint64_t round_ = 0;
};

}  // namespace outrider::rules
