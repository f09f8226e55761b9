#include "rules/testing/left_out.h"

namespace outrider::rules::testing {

std::optional<std::string> LeftOut::seen_by(const promql::Expr& expr) const {
    if (series_.empty()) return std::nullopt;
    for (const auto* selector : promql::selectors_of(expr))
        for (const auto& [labels, construct] : series_)
            if (promql::matches(selector->matchers, labels)) return construct;
    return std::nullopt;
}

}  // namespace outrider::rules::testing
