// RTMP and RTMPS: libavformat speaks the protocol on a thread of its own, our FLV meter reads what it yields.
#pragma once

#include <cstdint>
#include <memory>

#include "probes/session.h"

namespace outrider::probes {

[[nodiscard]] std::unique_ptr<Session> make_rtmp_session(const ShardServices& services, const Target& target,
                                                         std::uint64_t seed);

}  // namespace outrider::probes
