// SRT: calls a listener, and reads the transport stream that it sends.
#pragma once

#include <cstdint>
#include <memory>

#include "probes/session.h"

namespace outrider::probes {

[[nodiscard]] std::unique_ptr<Session> make_srt_session(const ShardServices& services, const Target& target,
                                                        std::uint64_t seed);

}  // namespace outrider::probes
