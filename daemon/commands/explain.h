// `outrider explain`: the reference, from the tables that the program itself uses.
#pragma once

#include <iosfwd>
#include <string>

namespace outrider::app {

/// The whole reference as Markdown: docs/reference.md is this text.
[[nodiscard]] std::string reference();

/// Prints the page of one metric, protocol or outcome, or with `everything` the whole reference. Exit code: 0, or 64
/// when there is nothing of that name.
int explain(const std::string& name, bool everything, std::ostream& out, std::ostream& err);

}  // namespace outrider::app
