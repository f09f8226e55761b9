#include "rules/promql/label_keys.h"

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

}  // namespace outrider::rules::promql
