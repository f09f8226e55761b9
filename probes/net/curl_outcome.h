// What a curl result means to a viewer. Internal to this module.
#pragma once

#include <curl/curl.h>

#include <string_view>

#include "outrider/outcome.h"

namespace outrider::probes {

/// `malformed`: we refused the bytes, which curl only sees as a failed write. `words`: what it put into its error
/// buffer.
[[nodiscard]] Outcome outcome_of(CURL* easy, CURLcode code, bool malformed, std::string_view words);

}  // namespace outrider::probes
