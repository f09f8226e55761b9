#include "probes/hls/reload.h"

#include <algorithm>

namespace outrider::probes {
namespace {

// A held-back answer must come before curl takes silence for a dead connection (10 s).
constexpr Duration kLongestHold = std::chrono::seconds{8};

/// A little longer than the server publishes. Looks that kept in step with it would tell within a whole target duration
/// only when a segment appeared, and a segment that is late by that much would not show. Like this they wander over all
/// of it, and the earliest moment they find is the one that counts.
Duration wandering(Duration pace) { return pace + pace / 16; }

}  // namespace

PlaylistNews ReloadPlan::loaded(const MediaPlaylist& playlist, Instant asked, Instant answered) {
    const auto last = playlist.last_sequence();
    const Edge edge{.next_sequence = last ? *last + 1 : playlist.media_sequence, .parts = playlist.trailing_parts()};
    // A server that offers no parts any more takes nothing back.
    const bool withdrawn = edge.next_sequence == edge_.next_sequence && !playlist.offers_parts();
    auto news = PlaylistNews::unchanged;
    if (!loaded_) {
        news = PlaylistNews::first;
    } else if ((edge < edge_ && !withdrawn) || playlist.media_sequence < media_sequence_) {
        news = PlaylistNews::went_back;
        ++steps_back_;
    } else if (edge > edge_ || playlist.media_sequence != media_sequence_ || playlist.ended != ended_) {
        news = PlaylistNews::changed;
    }
    if (news != PlaylistNews::unchanged) news_at_ = answered;
    if (!loaded_ || edge > edge_ || news == PlaylistNews::went_back) edge_at_ = answered;
    loaded_ = true;
    edge_ = edge;
    media_sequence_ = playlist.media_sequence;
    ended_ = playlist.ended;
    target_ = playlist.target_duration;
    const auto pace = playlist.offers_parts() ? *playlist.part_target : target_;
    next_.reset();
    if (ended_) return news;
    next_ = asked + (news == PlaylistNews::unchanged ? pace / 2 : wandering(pace));
    if (news == PlaylistNews::changed && blocking_reload_query(playlist)) next_ = std::max(answered, asked + pace / 4);
    return news;
}

void ReloadPlan::failed(Instant asked) {
    next_.reset();
    if (!ended_) next_ = asked + target_ / 2;
}

std::optional<double> ReloadPlan::age(Instant at) const {
    if (!loaded_ || ended_) return std::nullopt;
    return seconds(std::max(Duration{0}, at - news_at_)) / seconds(target_);
}

std::optional<Duration> ReloadPlan::edge_age(Instant at) const {
    if (!loaded_ || ended_) return std::nullopt;
    return std::max(Duration{0}, at - edge_at_);
}

std::optional<Place> start_place(const MediaPlaylist& playlist) {
    const auto& segments = playlist.segments;
    if (segments.empty()) return std::nullopt;
    const bool live = !playlist.ended && playlist.type != PlaylistType::vod;
    const auto& control = playlist.server_control;
    Duration from_end{};
    if (live && playlist.offers_parts()) {
        const auto part_target = *playlist.part_target;
        const auto wanted = std::max(control.part_hold_back.value_or(3 * part_target), 2 * part_target);
        for (auto segment = segments.rbegin(); segment != segments.rend(); ++segment) {
            for (auto part = segment->parts.size(); part-- > 0;) {
                from_end += segment->parts[part].duration;
                if (from_end >= wanted && segment->parts[part].independent) return Place{segment->sequence, part};
            }
            if (segment->parts.empty()) from_end += segment->duration;
            // A segment begins with a keyframe whether its first part says so or not.
            if (from_end >= wanted) return Place{segment->sequence, 0};
        }
        return Place{segments.front().sequence, 0};
    }
    if (segments.front().uri.empty()) return std::nullopt;
    if (!live) return Place{segments.front().sequence, 0};
    const auto wanted = std::max(control.hold_back.value_or(Duration{0}), 3 * playlist.target_duration);
    for (auto segment = segments.rbegin(); segment != segments.rend(); ++segment) {
        from_end += segment->duration;
        if (from_end >= wanted && !segment->uri.empty()) return Place{segment->sequence, 0};
    }
    return Place{segments.front().sequence, 0};
}

std::optional<std::string> blocking_reload_query(const MediaPlaylist& playlist) {
    if (!playlist.server_control.can_block_reload || playlist.ended) return std::nullopt;
    const bool parts = playlist.offers_parts();
    if ((parts ? *playlist.part_target : playlist.target_duration) > kLongestHold) return std::nullopt;
    const auto last = playlist.last_sequence();
    auto query = "_HLS_msn=" + std::to_string(last ? *last + 1 : playlist.media_sequence);
    if (parts) query += "&_HLS_part=" + std::to_string(playlist.trailing_parts());
    return query;
}

}  // namespace outrider::probes
