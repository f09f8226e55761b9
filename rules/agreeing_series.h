// The series of a selection that agree with an alert, found without looking at all of them: in an outage thousands of
// alerts ask, five times a second.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "outrider/labels.h"
#include "rules/series_store.h"

namespace outrider::rules {

/// Two label sets agree when the labels that both have are equal.
class AgreeingSeries {
public:
    /// The selection must outlive it.
    explicit AgreeingSeries(const Selection& selection) : selection_(&selection) {}

    /// Whether `look` is true of a series that agrees with `labels`; it is asked about one after the other, until it
    /// is.
    template <class Look>
    [[nodiscard]] bool any_of(const Labels& labels, Look&& look) {
        for (auto& shape : shapes_for(labels)) {
            const auto found = shape.series.find(key_of(labels, shape.names));
            if (found != shape.series.end() && std::ranges::any_of(found->second, look)) return true;
        }
        return false;
    }

private:
    /// Series that have the same of the names asked for.
    struct Shape {
        std::vector<std::string> names;
        std::unordered_map<std::string, std::vector<const Series*>> series;  // by the values of those
    };
    [[nodiscard]] std::vector<Shape>& shapes_for(const Labels& labels);
    [[nodiscard]] static std::string key_of(const Labels& labels, const std::vector<std::string>& names);

    const Selection* selection_;
    std::uint64_t version_ = 0;                                      // of the selection, when the shapes were made
    std::map<std::vector<std::string>, std::vector<Shape>> shapes_;  // by the names asked for
};

}  // namespace outrider::rules
