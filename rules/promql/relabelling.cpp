#include "rules/promql/relabelling.h"

#include <algorithm>
#include <string>

#include "rules/promql/matcher.h"

namespace outrider::rules::promql {

bool Membership::unchanged(const Context& context, const Vector& vector) {
    const bool same = known_ && generation_ == context.labels.generation() &&
                      std::ranges::equal(vector, labels_, {}, &Element::labels);
    if (same) return true;
    known_ = true;
    generation_ = context.labels.generation();
    labels_.clear();
    for (const Element& element : vector) labels_.push_back(element.labels);
    return false;
}

Labels without_name(const Labels& labels) {
    Labels rest = labels;
    for (const std::string_view name : {kMetricName, std::string_view{"__type__"}, std::string_view{"__unit__"}})
        rest.set(name, "");
    return rest;
}

bool distinct(const Vector& vector) {
    std::unordered_set<const Labels*> seen;
    return std::ranges::all_of(vector, [&](const Element& element) { return seen.insert(element.labels).second; });
}

void NameDropper::drop(const Context& context, Vector& vector) {
    if (context.options.delayed_name_removal) {
        for (Element& element : vector) element.nameless = true;
        return;
    }
    const auto work_out = [&](const Labels& labels) { return context.labels.intern(without_name(labels)); };
    relabelling_.apply(context, vector, work_out, [](Element&) {});
}

void NameDropper::drop_marked(const Context& context, Vector& vector) {
    for (Element& element : vector) {
        if (!element.nameless) continue;
        element.labels = context.labels.intern(without_name(*element.labels));
        element.nameless = false;
    }
    if (!distinct(vector)) context.report.fail(std::string{kSameLabelset});
}

}  // namespace outrider::rules::promql
