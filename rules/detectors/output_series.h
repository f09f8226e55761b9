// The series that detectors make: each has one maker.
#pragma once

#include <cstdint>
#include <string_view>
#include <unordered_set>

#include "rules/detectors/detector.h"
#include "rules/series_store.h"

namespace outrider::rules {

class OutputSeries {
public:
    explicit OutputSeries(SeriesStore& store) : store_(&store) {}

    /// The series of that output for that input; nullptr when nobody looks at it, or when another input, of this
    /// detector or of another, makes the same.
    [[nodiscard]] Series* open(const DetectorSpec& spec, std::string_view output, const Labels& input) {
        auto labels = input;
        for (const auto& [name, value] : spec.labels) labels.set(name, value);
        labels.set(promql::kMetricName, spec.output_name(output));
        auto* const series = store_->open(labels);
        if (series == nullptr || made_.insert(series).second) return series;
        store_->close(series);
        ++conflicts_;
        return nullptr;
    }

    void close(Series* series) {
        if (series == nullptr) return;
        made_.erase(series);
        store_->close(series);
    }

    void append(Series* series, Point point) {
        if (series != nullptr) (void)store_->append(*series, point);
    }

    /// How often two inputs would have made one series; the first keeps it.
    [[nodiscard]] std::uint64_t conflicts() const noexcept { return conflicts_; }

private:
    SeriesStore* store_;
    std::unordered_set<const Series*> made_;
    std::uint64_t conflicts_ = 0;
};

}  // namespace outrider::rules
