// Options that every stream transfer shares. Internal to this module.
#pragma once

#include <string>

#include "outrider/target.h"
#include "probes/net/curl_multi.h"
#include "probes/session_limits.h"

namespace outrider::probes {

/// Sets POP pinning, time-outs and limits. Redirects are not followed. The returned list must live as long as the
/// handle; it is empty when nothing is pinned.
[[nodiscard]] CurlList prepare_stream(CURL* easy, const Target& target, const SessionLimits& limits);

/// `scheme://host:port` in lower case, as libcurl reads the URL; empty when it cannot.
[[nodiscard]] std::string origin_of(const std::string& url);

}  // namespace outrider::probes
