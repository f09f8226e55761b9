// UDP and RTP: receives the transport stream that is sent to this host or to a group.
#pragma once

#include <cstdint>
#include <memory>

#include "probes/session.h"

namespace outrider::probes {

[[nodiscard]] std::unique_ptr<Session> make_udp_session(const ShardServices& services, const Target& target,
                                                        std::uint64_t seed);

}  // namespace outrider::probes
