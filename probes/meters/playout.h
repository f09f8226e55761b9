// A simulated player: buffer, stalls and watched time of one kind of viewer.
#pragma once

#include <cstdint>
#include <optional>

#include "outrider/target.h"
#include "outrider/time.h"

namespace outrider::probes {

/// Plays received media in real time, never skipping. It stays when the connection breaks and goes on when media comes
/// again, as a viewer does who waits.
///
///   start = resume = 1 s; media 0..2 s arrives at once, then nothing until 5.0
///   t = 0.0  starts (2 s buffered)      t = 2.0  stalls (media ran out)
///   t = 5.0  1 s arrives: resumes; stalls = 1, stalled 3.0 s, watched 5.0 s
class Playout {
public:
    /// `joined`: when this viewer opened the stream.
    Playout(const ViewerSpec& spec, Instant joined) : spec_(spec), joined_(joined) {}

    /// Media from `begin` to `end` is whole at `at`, on an axis of received media that has no holes; times must not go
    /// back.
    void on_media(Duration begin, Duration end, Instant at);

    /// Lets time pass to `at`; a stall begins at the exact moment the media ran out, not when it was noticed.
    void advance(Instant at);

    [[nodiscard]] const ViewerSpec& spec() const noexcept { return spec_; }
    /// Media still to play as of the last call, >= 0; nullopt before any media came.
    [[nodiscard]] std::optional<Duration> buffer() const;
    [[nodiscard]] std::uint64_t stalls() const noexcept { return stalls_; }
    /// Stalled so far, a stall still going on included.
    [[nodiscard]] Duration stalled() const noexcept { return stalled_; }
    /// Playing or stalled so far.
    [[nodiscard]] Duration watched() const noexcept { return watched_; }
    /// From joining to the first picture; nullopt while waiting for it.
    [[nodiscard]] std::optional<Duration> startup() const noexcept { return startup_; }
    [[nodiscard]] bool is_stalled() const noexcept { return state_ == State::stalled; }

private:
    enum class State : std::uint8_t { empty, starting, playing, stalled };

    ViewerSpec spec_;
    Instant joined_;
    State state_ = State::empty;
    Instant now_{};        // up to where time has passed, valid from the start of playback on
    Duration playhead_{};  // on the axis of received media
    Duration media_end_{};
    std::uint64_t stalls_ = 0;
    Duration stalled_{};
    Duration watched_{};
    std::optional<Duration> startup_;
};

}  // namespace outrider::probes
