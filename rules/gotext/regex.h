// Regular expressions as Go's package regexp has them.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace re2 {
class RE2;
}

namespace outrider::rules::gotext {

/// Whether a dot is a newline too.
enum class Dot : std::uint8_t { but_newline, anything };

/// Compiled, within a megabyte; never null, and `ok()` says whether it is one. RE2 gives up on a text, as if it did not
/// match, before it takes more memory.
[[nodiscard]] std::unique_ptr<const re2::RE2> compile_regex(std::string_view pattern, Dot dot = Dot::but_newline);

/// A pattern of Go's dialect in that of the RE2 library. They are the same but for named groups, which Go also takes as
/// `(?<name>…)`, and RE2 before its version of 2023 only as `(?P<name>…)`.
[[nodiscard]] std::string re2_pattern(std::string_view pattern);

}  // namespace outrider::rules::gotext
