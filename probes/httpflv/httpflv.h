// HTTP-FLV: an FLV file without an end over HTTP, as CDNs in Asia serve it.
#pragma once

#include <cstdint>
#include <memory>

#include "probes/session.h"

namespace outrider::probes {

[[nodiscard]] std::unique_ptr<Session> make_httpflv_session(const ShardServices& services, const Target& target,
                                                            std::uint64_t seed);

}  // namespace outrider::probes
