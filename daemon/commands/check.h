// `outrider check FILE...`: everything that is wrong with configuration and rule files, at once.
#pragma once

#include <iosfwd>
#include <span>
#include <string>

namespace outrider::app {

/// Each file is a rule file when its top level has `groups`, else a configuration. Writes every problem to `err`,
/// sorted by file and line, each once, and to `out` `FILE: ok (...)` for each file without any. Returns 0, or 78
/// (EX_CONFIG) when there is a problem.
int check(std::span<const std::string> files, std::ostream& out, std::ostream& err);

}  // namespace outrider::app
