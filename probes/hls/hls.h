// HTTP Live Streaming: playlists that are looked at again and again, and the segments they announce.
#pragma once

#include <cstdint>
#include <memory>

#include "probes/session.h"

namespace outrider::probes {

[[nodiscard]] std::unique_ptr<Session> make_hls_session(const ShardServices& services, const Target& target,
                                                        std::uint64_t seed);

}  // namespace outrider::probes
