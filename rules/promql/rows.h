// Vectors of successive moments, put together to series.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "rules/promql/label_keys.h"
#include "rules/promql/node.h"

namespace outrider::rules::promql {

struct Row {
    const Labels* labels = nullptr;
    bool nameless = false;
    std::vector<Point> points;
};

class Rows {
public:
    /// Whether a series has lost its name is said by its first element, or by its newest.
    enum class Names : bool { of_first, of_newest };

    explicit Rows(Names names = Names::of_first) : names_(names) {}

    void clear();
    /// Appends each element to its series, as of the context's moment. Two with one label set are an error.
    void add(const Context& context, const Vector& vector);
    /// Those with points, in the order of their first.
    [[nodiscard]] std::span<const Row> rows() const noexcept { return {rows_.data(), used_}; }

private:
    Names names_;
    LabelKeys keys_{[](const Labels& labels) { return labels; }};
    std::vector<std::size_t> row_of_;  // by key; valid where marked
    Marks placed_;
    std::vector<Row> rows_;  // the first used_ of them; the others keep their memory for the next time
    std::size_t used_ = 0;
};

}  // namespace outrider::rules::promql
