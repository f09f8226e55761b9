// Puts the media of segments on one axis that no discontinuity breaks.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "outrider/time.h"
#include "probes/meters/media_unit.h"

namespace outrider::probes {

/// What a whole segment turned out to be.
struct SegmentFacts {
    Duration media{};          ///< how far the axis went on; the announced duration where units do not tell
    std::uint64_t frames = 0;  ///< of video
    bool has_units = false;
    friend bool operator==(const SegmentFacts&, const SegmentFacts&) = default;
};

/// Units keep their own distances; only where a segment does not follow its predecessor (announced discontinuity, gap,
/// segments missed) is it moved so that it begins where the axis ends. A jump that nobody announced stays in the units,
/// for the lag meter to count.
class SegmentTimeline {
public:
    /// `follows`: its timestamps go on from the segment before; `part`: it is a part of one.
    void begin(Duration announced, bool follows, bool part = false);
    /// The segment is fetched once more from its beginning: the units that came before it broke are known.
    void begin_again() { again_ = true; }
    /// Moves a unit of this segment onto the axis. False: it came before, do not take it twice.
    [[nodiscard]] bool place(MediaUnit& unit);
    SegmentFacts end();
    /// It stays incomplete: what came of it stands, the rest is left out of the axis.
    void give_up();

    /// End of the newest whole segment on the axis.
    [[nodiscard]] Duration position() const noexcept { return position_; }
    /// The same on the stream's own timeline; nullopt until units told.
    [[nodiscard]] std::optional<Duration> stream_position() const;

private:
    struct Track {
        std::optional<Duration> last;  // newest dts on the axis
        Duration step{};               // from the one before, or as the unit said
    };
    [[nodiscard]] Duration units_end() const;

    std::array<Track, 2> tracks_;     // by kind
    std::optional<Duration> offset_;  // axis = dts + offset
    Duration announced_{};
    Duration rounding_{};  // by so much the announced duration may be off
    Duration position_{};
    std::uint64_t frames_ = 0;
    bool has_units_ = false;
    bool again_ = false;
};

}  // namespace outrider::probes
