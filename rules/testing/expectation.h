// Does what an expression gave agree with what an eval of a script expects?
#pragma once

#include <optional>
#include <span>
#include <string>

#include "rules/promql/context.h"
#include "rules/promql/value.h"
#include "rules/testing/script.h"

namespace outrider::rules::testing {

/// What is wrong with the value of an instant query; nullopt when nothing is.
[[nodiscard]] std::optional<std::string> value_mismatch(const Eval& eval, const promql::Value& value);

/// The same for a range query.
[[nodiscard]] std::optional<std::string> range_mismatch(const Eval& eval,
                                                        const std::vector<promql::SeriesResult>& series);

/// The same for the annotations of a query.
[[nodiscard]] std::optional<std::string> annotation_mismatch(const Eval& eval,
                                                             std::span<const promql::Annotation> annotations);

}  // namespace outrider::rules::testing
