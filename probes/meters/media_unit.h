// The common coin of all meters: one coded frame as it came off the wire.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "outrider/time.h"
#include "probes/meters/stream_clock.h"

namespace outrider::probes {

enum class TrackKind : std::uint8_t { video, audio };

struct MediaUnit {
    TrackKind kind = TrackKind::video;
    Duration dts{};                    ///< decode time on the stream's own timeline, wraps already undone
    Duration pts{};                    ///< presentation time on the same timeline
    std::optional<Duration> duration;  ///< where the format says it
    bool keyframe = false;             ///< audio: always true
    std::uint32_t size = 0;            ///< payload bytes without the container's headers
    Instant arrival{};                 ///< when the last byte came
    std::uint64_t fingerprint = 0;     ///< of a video keyframe, see AccessUnitScan; 0: none was taken
    std::uint32_t format = 0;          ///< of codec and parameters, see FormatHash; 0: not said with this unit
    StreamClock clock{};               ///< absolute time that came with it, at its pts
    friend bool operator==(const MediaUnit&, const MediaUnit&) = default;
};

using MediaUnits = std::vector<MediaUnit>;

}  // namespace outrider::probes
