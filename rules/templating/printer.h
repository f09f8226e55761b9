// One verb of a format applied to one value: the part of Go's package fmt that knows types.
#pragma once

#include <string>
#include <string_view>

#include "rules/templating/value.h"

namespace outrider::rules::templating {

/// What stands between % and the verb.
struct Flags {
    bool plus = false;
    bool minus = false;
    bool sharp = false;
    bool space = false;
    bool zero = false;
    bool plus_v = false;   // %+v is about the names of fields, not about signs
    bool sharp_v = false;  // %#v is about Go's syntax, not about prefixes
    int width = -1;        // negative: none
    int precision = -1;    // negative: none
};

/// Appends `value` as `%verb` with these flags prints it.
void print_value(std::string& to, const Value& value, Flags flags, char32_t verb);

}  // namespace outrider::rules::templating
