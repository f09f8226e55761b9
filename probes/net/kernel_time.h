// When the kernel received a datagram, on our own clock. Pure.
#pragma once

#include <optional>

#include "outrider/time.h"

namespace outrider::probes {

/// The kernel stamps datagrams with the system's UTC, which may be stepped; our Instants are carried on the monotonic
/// clock. What lies between the two is learned: read - stamp is that offset and the time the datagram waited for us,
/// which is next to nothing for the fastest of the last second or two. So a busy shard does not show as jitter.
///
/// A step of the system clock, forward, is followed at once; backward, within kWindow or at once from kStep on.
class KernelTime {
public:
    /// `stamp`: the kernel's; `read`: ours, when we took it. The result is neither after `read` nor before the last.
    [[nodiscard]] Instant arrival(Instant stamp, Instant read);

private:
    static constexpr Duration kWindow = std::chrono::seconds{1};
    static constexpr Duration kStep = std::chrono::milliseconds{500};  // no datagram waits as long in our sockets

    std::optional<Duration> least_before_;  // of the window before this
    std::optional<Duration> least_;         // of this window
    Instant window_began_{};
    Instant last_{};
};

}  // namespace outrider::probes
