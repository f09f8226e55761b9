// One RTMP connection as a blocking loop: the body of a session's worker thread.
#pragma once

#include <string>
#include <vector>

#include "outrider/outcome.h"
#include "outrider/time.h"
#include "probes/net/blocking_reader.h"
#include "probes/net/byte_batch.h"
#include "probes/trace_board.h"

namespace outrider::probes {

struct RtmpConnection {
    std::vector<std::string> urls;  ///< to connect to, each an address of the same POP, tried in turn
    std::string app;
    std::string playpath;
    std::string tc_url;
    std::string tls_host;   ///< whom the certificate must name; empty: no TLS
    std::string page_url;   ///< of the connect command: the page that a player is embedded in; empty: none
    bool insecure = false;  ///< any certificate will do
    Duration patience{};    ///< to the first byte, and from one message to the next
    Duration began{};       ///< Clock::uptime when the connection began: phases count from it
};

/// Plays until the server, the network or the feed ends it. What comes is an FLV file's bytes. `words`: why, fit to be
/// shown.
[[nodiscard]] Outcome play_rtmp(const RtmpConnection& connection, const Tracer& tracer,
                                BlockingReader<ByteBatch>::Feed& feed, std::string& words);

}  // namespace outrider::probes
