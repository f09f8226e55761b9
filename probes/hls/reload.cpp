#include "probes/hls/reload.h"

#include <algorithm>

namespace outrider::probes {

PlaylistNews ReloadPlan::loaded(const MediaPlaylist& playlist, Instant asked, Instant answered) {
    const auto last = playlist.last_sequence();
    const Edge edge{.next_sequence = last ? *last + 1 : playlist.media_sequence, .parts = playlist.trailing_parts()};
    auto news = PlaylistNews::unchanged;
    if (!loaded_) {
        news = PlaylistNews::first;
    } else if (edge < edge_ || playlist.media_sequence < media_sequence_) {
        news = PlaylistNews::went_back;
        ++steps_back_;
    } else if (edge > edge_ || playlist.media_sequence != media_sequence_ || playlist.ended != ended_) {
        news = PlaylistNews::changed;
    }
    if (news != PlaylistNews::unchanged) news_at_ = answered;
    if (!loaded_ || edge != edge_) edge_at_ = answered;
    loaded_ = true;
    edge_ = edge;
    media_sequence_ = playlist.media_sequence;
    ended_ = playlist.ended;
    target_ = playlist.target_duration;
    reload_target_ = playlist.part_target.value_or(target_);
    wait_from(asked, news != PlaylistNews::unchanged);
    return news;
}

void ReloadPlan::failed(Instant asked) { wait_from(asked, false); }

void ReloadPlan::wait_from(Instant asked, bool news) {
    next_.reset();
    if (!ended_) next_ = asked + (news ? reload_target_ : reload_target_ / 2);
}

std::optional<double> ReloadPlan::age(Instant at) const {
    if (!loaded_ || ended_) return std::nullopt;
    return seconds(std::max(Duration{0}, at - news_at_)) / seconds(target_);
}

std::optional<Duration> ReloadPlan::edge_age(Instant at) const {
    if (!loaded_ || ended_) return std::nullopt;
    return std::max(Duration{0}, at - edge_at_);
}

std::optional<std::uint64_t> start_sequence(const MediaPlaylist& playlist) {
    const auto last = playlist.last_sequence();
    if (!last || playlist.segments.empty() || playlist.segments.front().uri.empty()) return std::nullopt;
    if (playlist.ended || playlist.type == PlaylistType::vod) return playlist.segments.front().sequence;
    const auto wanted = std::max(playlist.server_control.hold_back.value_or(Duration{0}), 3 * playlist.target_duration);
    Duration from_end{};
    for (auto segment = playlist.segments.rbegin(); segment != playlist.segments.rend(); ++segment) {
        from_end += segment->duration;
        if (from_end >= wanted && !segment->uri.empty()) return segment->sequence;
    }
    return playlist.segments.front().sequence;
}

std::optional<std::string> blocking_reload_query(const MediaPlaylist& playlist) {
    if (!playlist.server_control.can_block_reload || playlist.ended) return std::nullopt;
    const auto last = playlist.last_sequence();
    auto query = "_HLS_msn=" + std::to_string(last ? *last + 1 : playlist.media_sequence);
    if (playlist.part_target) query += "&_HLS_part=" + std::to_string(playlist.trailing_parts());
    return query;
}

}  // namespace outrider::probes
