// From a template's text to its tree.
#pragma once

#include <string_view>

#include "outrider/result.h"
#include "rules/templating/tree.h"

namespace outrider::rules::templating {

/// How deep blocks and parentheses may stand in each other, together.
inline constexpr std::size_t kDeepestNesting = 100;

/// The error says at which offset of `text`, what was wanted and what was found; what Prometheus knows and we do not is
/// named as such. Types and numbers of arguments are looked at in the expansion, as in Go.
[[nodiscard]] Result<Tree> parse(std::string_view text);

}  // namespace outrider::rules::templating
