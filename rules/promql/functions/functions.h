// How PromQL's functions are computed. A function of functions.def is implemented in one of three shapes; the files
// beside this one hold them by subject.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>
#include <variant>
#include <vector>

#include "rules/promql/function_table.h"
#include "rules/promql/node.h"

namespace outrider::rules::promql {

/// What a range function looks at: one series in (from, to], and when the range is anchored or smoothed around it.
struct Window {
    std::span<const Point> points;  ///< oldest first, never empty, no stale markers
    Instant from{};
    Instant to{};
    std::string_view metric;  ///< its name, for annotations; may be empty
    std::size_t begin = 0;    ///< offset of the range's text, for annotations
};

/// One series over a range to one value; nullopt: no element. `parameters` are the scalar arguments, in their order.
using RangeFunction = std::optional<double> (*)(const Window& window, std::span<const double> parameters,
                                                const Context& context);

/// One value to one value.
using ValueFunction = double (*)(double value, std::span<const double> parameters);

/// What a call is made of: the compiled arguments and where the text stands, for annotations.
struct CallSite {
    std::vector<Argument> arguments;
    std::size_t begin = 0;
    std::vector<std::size_t> argument_begins;
    const Call* call = nullptr;  ///< the parsed call; absent() looks at its argument's matchers
};

using VectorBuilder = VectorPtr (*)(CallSite&& site);
using ScalarBuilder = ScalarPtr (*)(CallSite&& site);

using Implementation = std::variant<RangeFunction, ValueFunction, VectorBuilder, ScalarBuilder>;

[[nodiscard]] Implementation implementation_of(FunctionId id) noexcept;

/// True for the range functions whose result is still the metric: first_over_time and last_over_time.
[[nodiscard]] bool keeps_name(FunctionId id) noexcept;

}  // namespace outrider::rules::promql
