// What a curl result means to a viewer. Internal to this module.
#pragma once

#include <curl/curl.h>

#include "outrider/outcome.h"

namespace outrider::probes {

/// `malformed`: our own meter refused the bytes, which curl only sees as a failed write.
[[nodiscard]] Outcome outcome_of(CURL* easy, CURLcode code, bool malformed);

}  // namespace outrider::probes
