// One RTMP connection as a blocking loop: the body of a session's worker thread.
#pragma once

#include <string>
#include <vector>

#include "outrider/outcome.h"
#include "outrider/time.h"
#include "probes/net/blocking_reader.h"
#include "probes/net/byte_batch.h"

namespace outrider::probes {

struct RtmpConnection {
    std::vector<std::string> urls;  ///< to connect to, each an address of the same POP, tried in turn
    std::string app;
    std::string playpath;
    std::string tc_url;
    std::string tls_host;  ///< whom the certificate must name; empty: no TLS
    Duration began{};      ///< Clock::uptime when the connection began: phases count from it
};

/// Plays until the server, the network or the feed ends it. What comes is an FLV file's bytes.
[[nodiscard]] Outcome play_rtmp(const RtmpConnection& connection, const Clock& clock,
                                BlockingReader<ByteBatch>::Feed& feed);

}  // namespace outrider::probes
