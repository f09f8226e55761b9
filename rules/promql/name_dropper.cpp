#include "rules/promql/name_dropper.h"

namespace outrider::rules::promql {

void NameDropper::drop(const Context& context, Vector& vector) {
    if (context.options.delayed_name_removal) {
        for (auto& element : vector) element.nameless = true;
        return;
    }
    seen_.clear();
    for (std::size_t i = 0; i < vector.size(); ++i) {
        const auto key = keys_.of(context.labels, i, vector[i].labels);
        vector[i].labels = key.labels;
        if (!seen_.insert(key.number)) context.report.fail(kSameLabels);
    }
}

void NameDropper::drop_marked(const Context& context, Vector& vector) {
    seen_.clear();
    for (std::size_t i = 0; i < vector.size(); ++i) {
        auto& element = vector[i];
        if (element.nameless) element.labels = keys_.of(context.labels, i, element.labels).labels;
        element.nameless = false;
        if (!seen_.insert(same_.of(context.labels, i, element.labels).number)) context.report.fail(kSameLabels);
    }
}

}  // namespace outrider::rules::promql
