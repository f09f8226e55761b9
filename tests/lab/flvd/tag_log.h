// The newest tags of one stream, numbered without gaps: every client is a position in this log, so a
// thousand clients share one copy of the media and the memory is bounded by the log alone.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "flv_tag.h"

namespace outrider::lab {

class TagLog {
public:
    /// Keeps at least the current GOP, and older tags up to `max_bytes`.
    explicit TagLog(std::size_t max_bytes) : max_bytes_(max_bytes) {}

    void append(const FlvTag& tag);

    /// Forgets the media (not the numbering): what came before a new origin connection is no GOP of it.
    void clear();

    [[nodiscard]] std::uint64_t begin_number() const { return first_; }
    [[nodiscard]] std::uint64_t end_number() const { return first_ + tags_.size(); }
    [[nodiscard]] const FlvTag& at(std::uint64_t number) const { return tags_[number - first_]; }

    /// Where a viewer that joins now starts: the newest key frame. nullopt before the first one.
    [[nodiscard]] std::optional<std::uint64_t> newest_keyframe() const { return keyframe_; }

    /// Bytes from tag `number` (in the log) to the end.
    [[nodiscard]] std::uint64_t bytes_from(std::uint64_t number) const;

    /// Script data and codec configurations, with the timestamp of the media that will follow them.
    [[nodiscard]] std::vector<FlvTag> preamble(std::uint32_t timestamp_ms) const;

    /// The tags from the newest key frame on.
    [[nodiscard]] std::vector<FlvTag> newest_gop() const;

private:
    std::size_t max_bytes_;
    std::deque<FlvTag> tags_;
    std::deque<std::uint64_t> ends_;  // running byte count after each tag
    std::uint64_t first_ = 0;
    std::uint64_t total_bytes_ = 0;
    std::optional<std::uint64_t> keyframe_;
    std::optional<FlvTag> script_, video_config_, audio_config_;
};

}  // namespace outrider::lab
