#include "probes/hls/cursor.h"

#include <algorithm>
#include <utility>

namespace outrider::probes {
namespace {

constexpr int kBelievedAfter = 3;

}  // namespace

CursorMove PlaylistCursor::load(MediaPlaylist playlist) {
    playlist_ = std::move(playlist);
    const auto last = playlist_.last_sequence();
    if (!last) return {};
    const auto end = *last + 1;
    if (!started_) return start_over();
    if (end < announced_) {
        const bool far = announced_ - end > std::max<std::uint64_t>(playlist_.segments.size(), 1);
        if (++older_loads_ < kBelievedAfter && !far) return {};
        auto move = start_over();
        move.began_anew = true;
        return move;
    }
    older_loads_ = 0;
    CursorMove move;
    const auto first = playlist_.media_sequence + playlist_.skipped;
    if (next_ < first) {
        const auto there = start_sequence(playlist_).value_or(first);
        move.missed = there - next_;
        next_ = there;
    }
    const auto known = std::max(announced_, next_);
    move.fresh = end > known ? static_cast<std::size_t>(end - known) : 0;
    announced_ = end;
    return move;
}

CursorMove PlaylistCursor::start_over() {
    older_loads_ = 0;
    const auto start = start_sequence(playlist_);
    if (!start) return {};
    started_ = true;
    next_ = *start;
    announced_ = *playlist_.last_sequence() + 1;
    return {.fresh = static_cast<std::size_t>(announced_ - next_)};
}

const Segment* PlaylistCursor::next() const {
    if (!started_ || playlist_.segments.empty()) return nullptr;
    const auto first = playlist_.segments.front().sequence;
    if (next_ < first || next_ - first >= playlist_.segments.size()) return nullptr;
    const auto& segment = playlist_.segments[static_cast<std::size_t>(next_ - first)];
    return segment.uri.empty() ? nullptr : &segment;
}

}  // namespace outrider::probes
