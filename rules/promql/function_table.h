// PromQL's functions by name: what they take and give. How they are computed is in functions/.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "rules/promql/expr.h"

namespace outrider::rules::promql {

enum class FunctionId : std::uint8_t {
#define OUTRIDER_FUNCTION(name, ...) name,
#include "rules/promql/functions.def"
#undef OUTRIDER_FUNCTION
};

struct Function {
    FunctionId id;
    std::string_view name;
    ValueType result;
    std::string_view arguments;  ///< as in functions.def

    /// How many arguments a call must have.
    [[nodiscard]] std::size_t least() const noexcept;
    /// How many a call may have; nullopt for any number.
    [[nodiscard]] std::optional<std::size_t> most() const noexcept;
    /// What the argument of that index must be; want index < most().
    [[nodiscard]] ValueType argument(std::size_t index) const noexcept;
};

/// All functions, in the order of functions.def.
[[nodiscard]] std::span<const Function> functions() noexcept;

/// The function of that name; nullptr when there is none.
[[nodiscard]] const Function* find_function(std::string_view name) noexcept;

/// The functions that know what to do with an anchored or a smoothed range, by name. Want `edges` to be one of those.
[[nodiscard]] std::span<const std::string_view> functions_of(Edges edges) noexcept;

/// Why Prometheus's function of that name is not here, e.g. "Prometheus keeps it behind a feature flag"; empty when it
/// is, or when Prometheus has none of that name.
[[nodiscard]] std::string_view unsupported_function(std::string_view name) noexcept;

}  // namespace outrider::rules::promql
