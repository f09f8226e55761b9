// Whatever else FFmpeg opens: RTSP, DASH, RIST. Its demuxer runs on a thread of its own, and its packets are our units.
#pragma once

#include <cstdint>
#include <memory>

#include "probes/session.h"

namespace outrider::probes {

/// The target's connect_to takes the place of the URL's host: libavformat has no way to keep Host and SNI.
[[nodiscard]] std::unique_ptr<Session> make_av_session(const ShardServices& services, const Target& target,
                                                       std::uint64_t seed);

}  // namespace outrider::probes
