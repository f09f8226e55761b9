#include "rules/templating/literal.h"

#include "rules/gotext/number.h"

namespace outrider::rules::templating {

std::optional<Value> parse_number(std::string_view text) {
    if (const auto integer = gotext::parse_integer(text)) return Value{*integer};
    // What looks like an integer and is none is too large, or a word such as +inf.
    if (text.find_first_of(".eEpP") == std::string_view::npos) return std::nullopt;
    const auto number = gotext::parse_float(text);
    if (!number) return std::nullopt;
    return Value{*number};
}

}  // namespace outrider::rules::templating
