// Lag of a stream that comes in segments: lateness against the schedule it has shown, without its cadence.
#pragma once

#include <cstddef>
#include <deque>
#include <optional>

#include "outrider/time.h"
#include "probes/meters/transit_floor.h"
#include "probes/meters/window_min.h"

namespace outrider::probes {

/// A viewer learns of a segment only by looking at the playlist now and then, so the moment it appeared lies between
/// the last look that did not show it and the first that did. Lag counts what these looks prove:
///   * A segment is due when the best of the last ten minutes says: its end on the media axis + the smallest transit,
///     corrected for the drift of the encoder's clock, as far as looks tell it (see TransitFloor).
///   * It is taken to have appeared then, if that lies between the two looks; else at the nearer of them. So the rhythm
///     of looking, however it falls against that of publishing, is no lag.
///   * Once it is proven to be late by more than half a target duration, which is what RFC 8216 6.2.1 allows a server,
///     lag grows with the clock until it is found, and counts to the moment it was found.
///   * Fetching it takes the time that it takes; waiting for the one before counts when that one was slow.
/// The parts of Low-Latency HLS are segments here, their part target is the target duration.
///
///   target 2 s, segments of 2 s, looks at 0, 2 and 4 each found one, fetched in 0.2 s; the next is due at 6
///   t = 6.0  looked, absent    lag 0      (it may appear this instant)
///   t = 7.0  looked, absent    lag 1.0    proven late since 6.0
///   t = 8.0  looked, absent    lag 2.0    more than half a target duration: from here on by the clock, 8.9: 2.9
///   t = 9.0  looked, found     lag 3.0    and 3.0 after the fetch of 0.2 s, which is the usual one
class SegmentLag {
public:
    /// > 0, from the playlist.
    void set_target_duration(Duration target) noexcept { target_ = target; }

    /// A request for the playlist goes out.
    void look_begins(Instant at);
    /// Its answer: how many segments it announces that no look did before; 0 also where it failed. `held_back`: the
    /// server kept the request until there was news (LL-HLS), so that the answer is the moment of appearance.
    void look_ends(Instant at, std::size_t fresh, bool held_back = false);

    /// No more than `count` announced segments are still to fetch: parts of one became a whole, or left the playlist.
    void keep_announced(std::size_t count);
    /// Pieces of another length begin, segments instead of parts or the reverse; the schedule of media stands.
    void pieces_change() { lasted_.clear(); }

    /// The oldest announced segment, said to last `announced`, is being fetched.
    void fetch_begins(Instant at, Duration announced);
    /// It is whole: the media axis goes on by `media`.
    void fetch_ends(Instant at, Duration media);
    /// It could not be had; it stays the oldest announced one.
    void fetch_failed(Instant at);
    /// The oldest announced segment is a gap, or is given up: its time passes without media.
    void pass_over(Duration announced);
    /// What was announced is void, and the schedule too: the packager began anew.
    void restart();

    /// Lag at `at` >= 0; nullopt until a segment was fetched since the start or restart.
    [[nodiscard]] std::optional<Duration> lag(Instant at) const;

private:
    /// When an announced segment appeared, as far as looks tell.
    struct Appearance {
        std::optional<Instant> absent;  ///< it was not there then
        Instant found;
    };
    struct Fetch {
        Appearance appearance;
        Instant began;
        Duration announced;
    };
    void learn(const Appearance& known, Instant at);
    [[nodiscard]] std::optional<Instant> due(Duration media) const;
    [[nodiscard]] Instant appeared(const Appearance& known, Duration media) const;
    [[nodiscard]] Duration waiting(Instant at) const;
    [[nodiscard]] Duration usual_longest() const;
    [[nodiscard]] Duration late(Instant done, Duration media) const;

    Duration target_ = std::chrono::seconds{6};  // RFC 8216's own example, until a playlist says it
    std::deque<Appearance> announced_;
    std::optional<Instant> absent_;         // when the next unannounced segment was last not there
    std::optional<Instant> looking_since_;  // a look is under way
    std::optional<Fetch> fetch_;
    Instant origin_{};  // of the media axis
    bool has_origin_ = false;
    Duration end_{};                   // of the newest fetched media
    Instant done_{};                   // when a viewer who never waits to look would have had it
    TransitFloor appearing_;           // transits: appearance against end of media
    WindowMin fetching_;               // what it takes from when a segment is due until a viewer has it
    std::optional<Duration> settled_;  // lag of the newest fetched segment
    std::deque<Duration> lasted_;      // the last segments
};

}  // namespace outrider::probes
