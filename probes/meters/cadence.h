// Cadence: how regularly pictures and media come.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "outrider/time.h"
#include "probes/meters/media_unit.h"

namespace outrider::probes {

/// Mean growth a second of a running total over the last 5 seconds, from values noted at each heartbeat.
class RateWindow {
public:
    /// `total` as of `at`; times must not go back.
    void note(Instant at, double total);
    /// nullopt until 5 seconds have been seen.
    [[nodiscard]] std::optional<double> per_second() const;

private:
    struct Mark {
        Instant at{};
        double total = 0;
    };
    static constexpr Duration kSpan = std::chrono::seconds{5};
    static constexpr Duration kSpacing = std::chrono::milliseconds{200};
    std::array<Mark, 32> marks_{};
    std::size_t count_ = 0;  // marks ever noted
};

/// Frame rate, frame gap and keyframe interval of the video track, from its units in order of arrival.
class CadenceMeter {
public:
    void on_unit(const MediaUnit& unit);

    /// Video frames so far.
    [[nodiscard]] std::uint64_t frames() const noexcept { return frames_; }
    /// Longest wait for video since the last call, the wait still going on included; nullopt before any video.
    [[nodiscard]] std::optional<Duration> take_gap(Instant at);
    /// Media time between the last two keyframes; nullopt until two came.
    [[nodiscard]] std::optional<Duration> keyframe_interval() const noexcept { return keyframe_interval_; }

private:
    std::uint64_t frames_ = 0;
    std::optional<Instant> last_arrival_;
    Duration longest_{};
    std::optional<Duration> last_keyframe_;
    std::optional<Duration> keyframe_interval_;
};

}  // namespace outrider::probes
