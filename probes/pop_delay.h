// POP delay: the same coded frame, recognised by a hash of its payload, seen at several POPs. Needs no clock in the
// media and survives rewritten timestamps.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "outrider/target.h"
#include "outrider/time.h"
#include "probes/meters/sighting.h"

namespace outrider::probes {

/// What all sessions have seen. Targets of one stream are compared whatever their protocols where media is pushed, as
/// the same picture has the same fingerprint in all of them; those that fetch segments only with each other, because a
/// frame in a segment waits for the segment's end and for somebody to look. Shared by shards: any thread.
class PopDelayBoard {
public:
    /// `target` saw the frame; the order in which sessions report does not matter.
    void saw(const Target& target, const Sighting& sighting);

    /// How much later than at the earliest POP this target's newest shared frame came, >= 0. nullopt while no frame of
    /// the last 30 s was seen elsewhere too.
    [[nodiscard]] std::optional<Duration> delay(TargetId target, Instant at) const;

private:
    struct Arrival {
        TargetId target;
        Instant at;
    };
    struct Frame {
        std::uint64_t fingerprint;
        std::vector<Arrival> arrivals;
    };
    struct Delay {
        Duration value;
        Instant frame_arrival;
    };

    mutable std::mutex mutex_;                                          // guards all below
    std::map<std::pair<std::string, bool>, std::deque<Frame>> frames_;  // newest last, by stream and whether segmented
    std::map<TargetId, Delay> delays_;
};

}  // namespace outrider::probes
