// What an expression inside {{ }} can be, with Go's names and Go's notion of what is true.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "outrider/labels.h"
#include "rules/templating/data.h"

namespace outrider::rules::templating {

/// Go's invalid value: printed as <no value>; nil as an argument.
struct Nothing {};

/// What toTime makes: Prometheus's time, in milliseconds since 1970.
struct Timestamp {
    std::int64_t milliseconds = 0;
};

struct Fields;

using Value = std::variant<Nothing, bool, std::int64_t, double, std::string, const Labels*,
                           std::shared_ptr<const Fields>, Timestamp, const TemplateData*>;

/// A map of anything: what the function args makes. `depth` counts the maps in each other, this one included.
struct Fields {
    std::map<std::string, Value> of;
    std::size_t depth = 1;
};

/// Go's name of the value's type: string, float64, map[string]string; <nil> for Nothing.
[[nodiscard]] std::string_view type_name(const Value& value) noexcept;

/// What `if` takes for true: anything but false, 0, "" and an empty map. NaN is true, as in Go.
[[nodiscard]] bool is_true(const Value& value) noexcept;

/// "2015-06-23 13:19:44.128 +0000 UTC", as Go prints a time.
[[nodiscard]] std::string to_string(Timestamp time);

}  // namespace outrider::rules::templating
