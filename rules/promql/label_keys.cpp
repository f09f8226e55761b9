#include "rules/promql/label_keys.h"

#include <algorithm>

#include "rules/promql/matcher.h"

namespace outrider::rules::promql {

Labels only(const Labels& labels, const std::vector<std::string>& names) {
    Labels result;
    for (const auto& name : names)
        if (const auto value = labels.get(name)) result.set(name, *value);
    return result;
}

Labels all_but(const Labels& labels, const std::vector<std::string>& names) {
    auto result = labels;
    for (const auto& name : names) result.set(name, "");
    return result;
}

Labels nameless(const Labels& labels) {
    auto result = labels;
    result.set(kMetricName, "");
    result.set("__type__", "");
    result.set("__unit__", "");
    return result;
}

}  // namespace outrider::rules::promql
