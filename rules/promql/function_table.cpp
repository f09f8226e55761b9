#include "rules/promql/function_table.h"

#include <algorithm>
#include <array>
#include <utility>

namespace outrider::rules::promql {
namespace {

using enum ValueType;

constexpr auto kFunctions = std::to_array<Function>({
#define OUTRIDER_FUNCTION(name, result, arguments, implementation) {FunctionId::name, #name, result, arguments},
#include "rules/promql/functions.def"
#undef OUTRIDER_FUNCTION
});

constexpr std::string_view kFlag = "Prometheus keeps it behind a feature flag";
constexpr std::array<std::pair<std::string_view, std::string_view>, 11> kUnsupported{
    {{"histogram_quantiles", kFlag},
     {"info", kFlag},
     {"integral", kFlag},
     {"start", kFlag},
     {"end", kFlag},
     {"step", kFlag},
     {"range", kFlag},
     {"min_of", kFlag},
     {"max_of", kFlag},
     {"start_timestamp", kFlag},
     {"holt_winters", "Prometheus 3 calls it double_exponential_smoothing"}}};

constexpr std::array<std::string_view, 5> kAnchored{"changes", "delta", "increase", "rate", "resets"};
constexpr std::array<std::string_view, 3> kSmoothed{"delta", "increase", "rate"};

constexpr bool is_kind(char c) { return c != '|' && c != '+'; }

}  // namespace

std::size_t Function::least() const noexcept {
    return static_cast<std::size_t>(std::ranges::count_if(arguments.substr(0, arguments.find('|')), is_kind));
}

std::optional<std::size_t> Function::most() const noexcept {
    if (arguments.ends_with('+')) return std::nullopt;
    return static_cast<std::size_t>(std::ranges::count_if(arguments, is_kind));
}

ValueType Function::argument(std::size_t index) const noexcept {
    char kind = 's';  // that of the last letter, when index is beyond it
    for (const char c : arguments) {
        if (!is_kind(c)) continue;
        kind = c;
        if (index-- == 0) break;
    }
    if (kind == 'v') return instant_vector;
    if (kind == 'm') return range_vector;
    return kind == 't' ? string : scalar;
}

std::span<const Function> functions() noexcept { return kFunctions; }

const Function* find_function(std::string_view name) noexcept {
    const auto found = std::ranges::find(kFunctions, name, &Function::name);
    return found == kFunctions.end() ? nullptr : &*found;
}

std::span<const std::string_view> functions_of(Edges edges) noexcept {
    if (edges == Edges::anchored) return kAnchored;
    return kSmoothed;
}

std::string_view unsupported_function(std::string_view name) noexcept {
    const auto found = std::ranges::find(kUnsupported, name, &std::pair<std::string_view, std::string_view>::first);
    return found == kUnsupported.end() ? std::string_view{} : found->second;
}

}  // namespace outrider::rules::promql
