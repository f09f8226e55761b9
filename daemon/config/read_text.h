// A file that a person wrote, as one text.
#pragma once

#include <cstddef>
#include <string>

#include "outrider/result.h"

namespace outrider::app {

/// The whole file, or its beginning when it has more than `most` bytes: then the text is longer than that. The error
/// says what prevented reading it; `what` is what was wanted: "a YAML file".
[[nodiscard]] Result<std::string> read_text(const std::string& path, const std::string& what, std::size_t most);

}  // namespace outrider::app
