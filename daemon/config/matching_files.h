// File patterns, as configuration and tests of rules name rule files.
#pragma once

#include <string>
#include <vector>

namespace outrider::app {

/// The files that match `pattern` (glob(7)), sorted by name; none is no error.
[[nodiscard]] std::vector<std::string> matching_files(const std::string& pattern);

}  // namespace outrider::app
