#include "probes/hls/cursor.h"

#include <algorithm>
#include <utility>

namespace outrider::probes {
namespace {

constexpr int kBelievedAfter = 3;
// EXTINF and the durations of its parts are rounded each for itself.
constexpr Duration kRounding = std::chrono::milliseconds{50};

Duration sum_of(const Segment& segment, std::size_t parts) {
    Duration sum{};
    for (std::size_t i = 0; i < std::min(parts, segment.parts.size()); ++i) sum += segment.parts[i].duration;
    return sum;
}

/// Where what comes next will be.
Place end_of(const MediaPlaylist& playlist) {
    const auto last = playlist.last_sequence();
    return {.sequence = last ? *last + 1 : playlist.media_sequence, .part = playlist.trailing_parts()};
}

}  // namespace

CursorMove PlaylistCursor::load(MediaPlaylist playlist) {
    playlist_ = std::move(playlist);
    if (playlist_.segments.empty()) return {};
    const auto edge = end_of(playlist_);
    if (!started_) return start_over();
    if (edge.sequence < announced_.sequence) {
        const bool far = announced_.sequence - edge.sequence > std::max<std::size_t>(playlist_.segments.size(), 1);
        if (++older_loads_ < kBelievedAfter && !far) return {};
        auto move = start_over();
        move.began_anew = true;
        return move;
    }
    older_loads_ = 0;
    // The same segments with fewer parts: another copy, or parts are no longer offered.
    if (edge < announced_) return {};
    CursorMove move;
    const Place first{.sequence = playlist_.media_sequence + playlist_.skipped};
    if (next_.sequence < first.sequence) fall_back_in(start_place(playlist_).value_or(first), move);
    move.fresh = count_from(std::max(announced_, next_));
    announced_ = edge;
    return move;
}

CursorMove PlaylistCursor::start_over() {
    older_loads_ = 0;
    const auto start = start_place(playlist_);
    if (!start) return {};
    started_ = true;
    jumped_ = true;
    next_ = *start;
    taken_ = {};
    announced_ = end_of(playlist_);
    return {.fresh = pending()};
}

/// Away for so long that the playlist has moved on.
void PlaylistCursor::fall_back_in(Place there, CursorMove& move) {
    move.missed = there.sequence - next_.sequence;
    Duration total{};
    std::int64_t whole = 0;
    for (const auto& segment : playlist_.segments) {
        if (segment.uri.empty()) continue;
        total += segment.duration;
        ++whole;
    }
    const auto mean = total / std::max<std::int64_t>(whole, 1);
    const auto count = static_cast<std::int64_t>(std::min(move.missed, CursorMove::kBelievable));
    move.left_out = std::max(Duration{0}, mean * count - taken_);
    if (there.part > 0)
        for (const auto& segment : playlist_.segments)
            if (segment.sequence == there.sequence) move.left_out += sum_of(segment, there.part);
    next_ = there;
    taken_ = {};
    jumped_ = true;
}

std::optional<PlaylistCursor::Located> PlaylistCursor::locate(Place place) const {
    const auto& segments = playlist_.segments;
    if (!started_ || segments.empty()) return std::nullopt;
    const auto first = segments.front().sequence;
    if (place.sequence < first) return std::nullopt;
    for (auto i = place.sequence - first; i < segments.size(); ++i, place = {.sequence = place.sequence + 1}) {
        const auto& segment = segments[static_cast<std::size_t>(i)];
        const Place after{.sequence = place.sequence + 1};
        if (playlist_.part_target && !segment.parts.empty()) {
            if (place.part < segment.parts.size())
                return Located{&segment, place.part, place, {.sequence = place.sequence, .part = place.part + 1}};
        } else if (!segment.uri.empty() &&
                   (place.part == 0 || taken_of(place.sequence) + kRounding < segment.duration)) {
            return Located{&segment, std::nullopt, place, after};
        }
        if (segment.uri.empty()) break;  // all that is there yet of the newest segment
    }
    return std::nullopt;
}

bool PlaylistCursor::current() const { return started_ && announced_ == end_of(playlist_); }

std::size_t PlaylistCursor::count_from(Place place) const {
    std::size_t count = 0;
    for (auto found = locate(place); found; found = locate(found->then)) ++count;
    return count;
}

Duration PlaylistCursor::taken_of(std::uint64_t sequence) const {
    return sequence == next_.sequence ? taken_ : Duration{};
}

std::optional<Piece> PlaylistCursor::next() const {
    const auto found = locate(next_);
    if (!found) return std::nullopt;
    const auto& segment = *found->segment;
    Piece piece{.sequence = segment.sequence,
                .part = found->part,
                .uri = segment.uri,
                .range = segment.range,
                .duration = segment.duration - taken_of(segment.sequence),
                .encryption = segment.encryption,
                .init = {},
                .discontinuity = segment.discontinuity && found->at.part == 0,
                .gap = segment.gap,
                .jumped = jumped_,
                .begun = !found->part && found->at.part > 0,
                .program_date = segment.program_date};
    if (segment.init != kNoInit) piece.init = playlist_.inits[segment.init];
    if (found->part) {
        const auto& part = segment.parts[*found->part];
        piece.uri = part.uri;
        piece.range = part.range;
        piece.duration = part.duration;
        piece.gap = piece.gap || part.gap;
        if (piece.program_date) *piece.program_date += sum_of(segment, *found->part);
    } else if (piece.program_date) {
        *piece.program_date += taken_of(segment.sequence);
    }
    return piece;
}

void PlaylistCursor::advance() {
    const auto found = locate(next_);
    if (!found) return;
    const auto before = found->at.sequence == next_.sequence ? taken_ : Duration{};
    taken_ = found->part ? before + found->segment->parts[*found->part].duration : Duration{};
    next_ = found->then;
    jumped_ = false;
}

}  // namespace outrider::probes
