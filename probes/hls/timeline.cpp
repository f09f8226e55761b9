#include "probes/hls/timeline.h"

#include <algorithm>

namespace outrider::probes {

void SegmentTimeline::begin(Duration announced, bool follows, bool part) {
    announced_ = announced;
    // Of segments some round it to seconds; beyond this the timestamps jumped. A part may hold no picture at all, when
    // they are rarer than parts: then the next one is no jump either.
    rounding_ = part ? announced / 2 : std::max<Duration>(std::chrono::seconds{1}, announced / 2);
    frames_ = 0;
    has_units_ = false;
    again_ = false;
    if (follows && offset_) return;
    offset_.reset();
    for (auto& track : tracks_) track = {};
}

bool SegmentTimeline::place(MediaUnit& unit) {
    if (!offset_) offset_ = position_ - unit.dts;
    has_units_ = true;
    unit.dts += *offset_;
    unit.pts += *offset_;
    auto& track = tracks_[static_cast<std::size_t>(unit.kind)];
    if (again_ && track.last && unit.dts <= *track.last) return false;
    if (unit.duration) {
        track.step = *unit.duration;
    } else if (track.last && unit.dts > *track.last) {
        track.step = unit.dts - *track.last;
    }
    track.last = unit.dts;
    if (unit.kind == TrackKind::video) ++frames_;
    return true;
}

SegmentFacts SegmentTimeline::end() {
    SegmentFacts facts{.media = announced_, .frames = frames_, .has_units = has_units_};
    if (!has_units_) {
        position_ += announced_;
        offset_.reset();  // where its own timestamps would have led is not known
        return facts;
    }
    const auto end = units_end();
    const auto media = end - position_;
    const auto apart = media > announced_ ? media - announced_ : announced_ - media;
    if (apart <= rounding_) facts.media = media;
    position_ = end;
    return facts;
}

void SegmentTimeline::give_up() {
    if (has_units_) position_ = units_end();
    offset_.reset();
}

/// Want a unit to have come.
Duration SegmentTimeline::units_end() const {
    const auto& video = tracks_[static_cast<std::size_t>(TrackKind::video)];
    const auto& track = video.last ? video : tracks_[static_cast<std::size_t>(TrackKind::audio)];
    return *track.last + track.step;
}

std::optional<Duration> SegmentTimeline::stream_position() const {
    if (!offset_) return std::nullopt;
    return position_ - *offset_;
}

}  // namespace outrider::probes
