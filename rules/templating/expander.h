// Runs a template's tree.
#pragma once

#include <string>

#include "outrider/result.h"
#include "rules/templating/data.h"
#include "rules/templating/tree.h"

namespace outrider::rules::templating {

/// The text, or at which offset of the template what failed. Bounded in time and memory, whatever the tree (Budget).
[[nodiscard]] Result<std::string> expand(const Tree& tree, const TemplateData& data);

}  // namespace outrider::rules::templating
