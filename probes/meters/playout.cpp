#include "probes/meters/playout.h"

#include <algorithm>

namespace outrider::probes {

void Playout::on_media(Duration begin, Duration end, Instant at) {
    advance(at);
    if (state_ == State::empty) {
        state_ = State::starting;
        playhead_ = begin;
        media_end_ = end;
    }
    media_end_ = std::max(media_end_, end);
    const auto buffered = media_end_ - playhead_;
    if (state_ == State::starting && buffered >= spec_.start) {
        state_ = State::playing;
        startup_ = at - joined_;
        now_ = at;
    } else if (state_ == State::stalled && buffered >= spec_.resume) {
        state_ = State::playing;
    }
}

void Playout::advance(Instant at) {
    if (state_ == State::empty || state_ == State::starting || at <= now_) return;
    const auto elapsed = at - now_;
    now_ = at;
    watched_ += elapsed;
    if (state_ == State::stalled) {
        stalled_ += elapsed;
        return;
    }
    const auto playable = media_end_ - playhead_;
    playhead_ += std::min(elapsed, playable);
    if (elapsed > playable) {
        state_ = State::stalled;
        ++stalls_;
        stalled_ += elapsed - playable;
    }
}

std::optional<Duration> Playout::buffer() const {
    if (state_ == State::empty) return std::nullopt;
    return media_end_ - playhead_;
}

}  // namespace outrider::probes
