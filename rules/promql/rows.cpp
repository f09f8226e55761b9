#include "rules/promql/rows.h"

#include "rules/promql/name_dropper.h"

namespace outrider::rules::promql {

void Rows::clear() {
    placed_.clear();
    used_ = 0;
}

void Rows::add(const Context& context, const Vector& vector) {
    for (std::size_t i = 0; i < vector.size(); ++i) {
        const auto& element = vector[i];
        const auto key = keys_.of(context.labels, i, element.labels);
        if (row_of_.size() <= key.number) row_of_.resize(key.number + std::size_t{1});
        if (placed_.insert(key.number)) {
            if (used_ == rows_.size()) rows_.emplace_back();
            auto& added = rows_[used_];
            added.labels = key.labels;
            added.nameless = element.nameless;
            added.points.clear();
            row_of_[key.number] = used_++;
        }
        auto& row = rows_[row_of_[key.number]];
        if (names_ == Names::of_newest) row.nameless = element.nameless;
        auto& points = row.points;
        if (!points.empty() && points.back().at == context.at) {
            context.report.fail(kSameLabels);
        } else {
            points.push_back({context.at, element.value});
        }
    }
}

}  // namespace outrider::rules::promql
