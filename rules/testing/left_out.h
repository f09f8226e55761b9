// Series of a test that a store of floats cannot hold. What would have to look at them is unsupported, never passed.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "outrider/labels.h"
#include "rules/promql/expr.h"

namespace outrider::rules::testing {

class LeftOut {
public:
    /// `construct` is what holding it would need.
    void add(Labels labels, std::string construct) { series_.emplace_back(std::move(labels), std::move(construct)); }
    void clear() { series_.clear(); }

    /// The construct of a series that a selector of `expr` selects; nullopt when there is none.
    [[nodiscard]] std::optional<std::string> seen_by(const promql::Expr& expr) const;

private:
    std::vector<std::pair<Labels, std::string>> series_;
};

}  // namespace outrider::rules::testing
