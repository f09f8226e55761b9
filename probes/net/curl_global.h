// libcurl's process-wide initialisation.
#pragma once

namespace outrider::probes {

/// Initialises libcurl once; cheap to call again, any thread.
void curl_global();

}  // namespace outrider::probes
