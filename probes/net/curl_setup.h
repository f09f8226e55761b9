// Options that every stream transfer shares. Internal to this module.
#pragma once

#include "outrider/target.h"
#include "probes/net/curl_multi.h"

namespace outrider::probes {

/// Sets URL, POP pinning, time-outs and limits for an endless HTTP stream. The returned list must live as long as the
/// transfer; it is empty when nothing is pinned.
[[nodiscard]] CurlList prepare_stream(CURL* easy, const Target& target);

}  // namespace outrider::probes
