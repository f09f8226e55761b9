// Latency by the absolute clocks that a stream carries.
#pragma once

#include <array>
#include <cstddef>
#include <optional>

#include "outrider/time.h"
#include "probes/meters/lag.h"
#include "probes/meters/media_unit.h"

namespace outrider::probes {

/// Age of the newest received media by each clock: now - (wall + newest - m), for a clock that said that the media at m
/// was made at `wall`. Negative where that clock is ahead of ours. Times before 2000, or more than a day from our own,
/// are nobody's. A new timeline waits for a new clock.
///
/// onFI tells no zone, and encoders write local time: whole quarter hours are taken for the zone, so that latency by it
/// lies within 7.5 minutes either way.
class LatencyMeter {
public:
    void on_unit(const MediaUnit& unit, const Placement& placed);
    /// nullopt while that clock was not heard on this timeline.
    [[nodiscard]] std::optional<Duration> latency(ClockMethod method, Instant at) const;

private:
    struct Anchor {
        Instant wall{};
        Duration media{};  // on the continuous axis
    };
    std::array<std::optional<Anchor>, kClockMethodNames.size()> anchors_{};
    std::optional<Duration> newest_;
};

/// How far the newest audio runs ahead of the newest video, by the ends of their newest units: what a player has to
/// hold back. Negative where video is ahead.
class SkewMeter {
public:
    void on_unit(const MediaUnit& unit, const Placement& placed);
    /// nullopt until both came on this timeline.
    [[nodiscard]] std::optional<Duration> skew() const;

private:
    std::array<std::optional<Duration>, 2> ends_{};  // by track kind
};

/// Says when a connection's beginning is over, in which a server may send what it has in its cache: media that is old,
/// faster than it plays. Until then units keep coming earlier against their timestamps than any before them.
class StartBurst {
public:
    void begin() noexcept { *this = {}; }
    /// True from when on no better transit had come for two seconds, or after half a minute.
    bool over(Instant arrival, const Placement& placed);

private:
    bool started_ = false;
    bool over_ = false;
    Instant began_{};
    Instant better_at_{};
    Duration least_{};
};

}  // namespace outrider::probes
