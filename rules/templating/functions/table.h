// The functions of templates: Go's own and Prometheus's, one line each in functions.def.
#pragma once

#include <span>
#include <string_view>

#include "outrider/result.h"
#include "rules/templating/budget.h"
#include "rules/templating/value.h"

namespace outrider::rules::templating {

/// What a function is called with; the number and types of the arguments are those of its table line.
struct Call {
    std::span<const Value> arguments;
    const TemplateData& data;
    Budget& budget;

    [[nodiscard]] const std::string& text(std::size_t i) const { return *std::get_if<std::string>(&arguments[i]); }
};

struct Function {
    std::string_view name;
    /// One letter each: s a string, v anything; a trailing * repeats the letter before it, any number of times.
    std::string_view parameters;
    Result<Value> (*run)(const Call& call) = nullptr;  // null: and, or: they do not evaluate all of their arguments
};

/// nullptr when there is none.
[[nodiscard]] const Function* find_function(std::string_view name) noexcept;

/// Why a function or keyword that Prometheus knows is refused here; empty for any other name.
[[nodiscard]] std::string_view why_unsupported(std::string_view name) noexcept;

}  // namespace outrider::rules::templating
