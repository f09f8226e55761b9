// The path to a POP: five echo requests a second, whatever is played from there meanwhile.
#pragma once

#include <cstdint>
#include <memory>

#include "probes/session.h"

namespace outrider::probes {

/// `icmp://HOST[:PORT]`: ICMP echo, or TCP connects to PORT (443 without one) where this process may not send ICMP.
/// `tcp://HOST[:PORT]`: TCP connects, for POPs that answer no echo. The target's connect_to names the POP as elsewhere.
[[nodiscard]] std::unique_ptr<Session> make_path_session(const ShardServices& services, const Target& target,
                                                         std::uint64_t seed);

}  // namespace outrider::probes
