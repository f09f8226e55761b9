// Taking a call's arguments out of its CallSite. The parser has checked their number and types.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <variant>

#include "rules/promql/functions/functions.h"

namespace outrider::rules::promql {

[[nodiscard]] inline ScalarPtr take_scalar(CallSite& site, std::size_t index) {
    return std::get<ScalarPtr>(std::move(site.arguments[index]));
}
[[nodiscard]] inline VectorPtr take_vector(CallSite& site, std::size_t index) {
    return std::get<VectorPtr>(std::move(site.arguments[index]));
}
[[nodiscard]] inline RangePtr take_range(CallSite& site, std::size_t index) {
    return std::get<RangePtr>(std::move(site.arguments[index]));
}
[[nodiscard]] inline std::string take_text(CallSite& site, std::size_t index) {
    return std::get<std::string>(std::move(site.arguments[index]));
}

}  // namespace outrider::rules::promql
