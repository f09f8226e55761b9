#include "tag_log.h"

namespace outrider::lab {
namespace {
constexpr std::size_t kMaxGops = 8;  // a GOP may be this many times the bound
}

void TagLog::append(const FlvTag& tag) {
    switch (tag.kind) {
        case TagKind::script: script_ = tag; break;
        case TagKind::video_config: video_config_ = tag; break;
        case TagKind::audio_config: audio_config_ = tag; break;
        case TagKind::video_keyframe: keyframe_ = end_number(); break;
        case TagKind::video:
        case TagKind::audio:
        case TagKind::other: break;
    }
    tags_.push_back(tag);
    total_bytes_ += tag.size();
    ends_.push_back(total_bytes_);

    // The current GOP is kept beyond the bound, for those who join, unless its encoder sends no key frames.
    const std::uint64_t gop_begin = keyframe_.value_or(end_number());
    while (bytes_from(first_) > (first_ < gop_begin ? max_bytes_ : kMaxGops * max_bytes_)) {
        tags_.pop_front();
        ends_.pop_front();
        ++first_;
    }
    if (keyframe_ && *keyframe_ < first_) keyframe_.reset();
}

void TagLog::clear() {
    first_ = end_number();
    tags_.clear();
    ends_.clear();
    keyframe_.reset();
}

std::uint64_t TagLog::bytes_from(std::uint64_t number) const {
    if (number >= end_number()) return 0;
    const std::uint64_t before = ends_[number - first_] - at(number).size();
    return total_bytes_ - before;
}

std::vector<FlvTag> TagLog::preamble(std::uint32_t timestamp_ms) const {
    std::vector<FlvTag> tags;
    for (const auto* tag : {&script_, &video_config_, &audio_config_}) {
        if (*tag) tags.push_back(with_timestamp(**tag, timestamp_ms));
    }
    return tags;
}

std::vector<FlvTag> TagLog::newest_gop() const {
    if (!keyframe_) return {};
    return {tags_.begin() + static_cast<std::ptrdiff_t>(*keyframe_ - first_), tags_.end()};
}

}  // namespace outrider::lab
