// Lag: how late the newest media is against the best delivery this stream has shown. The primary signal.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "outrider/time.h"
#include "probes/meters/media_unit.h"
#include "probes/meters/transit_floor.h"

namespace outrider::probes {

/// Where a unit lies on the session's continuous media axis, which goes on through wraps, jumps and restarts of the
/// stream's own timestamps. Zero is the first unit of the session.
struct Placement {
    Duration begin{};
    Duration end{};
    bool newest = false;     ///< it extends the media received so far
    bool restarted = false;  ///< it began a new timeline
};

/// For a unit with media time m received whole at a: transit = a - m; lag = transit - best, best = the smallest transit
/// of the last 10 minutes, corrected for the drift of the encoder's clock (see TransitFloor). Units must come in order
/// of arrival. Constant memory, a few nanoseconds a unit.
class LagMeter {
public:
    /// Takes a unit and says where it lies.
    Placement place(const MediaUnit& unit);

    /// A new connection begins: the server may resend media that we have, or start its timestamps anew; neither is a
    /// fault of the stream.
    void reconnected() noexcept;

    /// Lag at `at` >= 0; between arrivals it grows with the clock once the next unit is due. nullopt until the first
    /// unit.
    [[nodiscard]] std::optional<Duration> lag(Instant at) const;

    /// Timelines begun after the first.
    [[nodiscard]] std::uint64_t restarts() const noexcept { return restarts_; }
    /// End of the newest media on the continuous axis; zero before the first unit.
    [[nodiscard]] Duration newest_end() const noexcept { return newest_end_; }

private:
    [[nodiscard]] bool same_timeline(const MediaUnit& unit, Duration begin) const;
    void start_timeline(const MediaUnit& unit);

    bool started_ = false;
    bool reconnected_ = false;
    Duration offset_{};  // continuous = dts + offset
    Instant timeline_began_{};
    Instant first_arrival_{};  // of this connection
    Instant last_arrival_{};
    std::array<std::optional<Duration>, 2> last_dts_{};  // by track kind
    std::array<Duration, 2> usual_step_{};
    Duration newest_begin_{};
    Duration newest_end_{};
    Duration lag_at_arrival_{};
    TransitFloor best_;
    std::uint64_t restarts_ = 0;
};

}  // namespace outrider::probes
