#include "flv_tag.h"

#include <algorithm>

namespace outrider::lab {
namespace {

constexpr std::size_t kFileHeader = 13;  // with PreviousTagSize0
constexpr std::size_t kTagHeader = 11;
constexpr std::size_t kTrailer = 4;
constexpr std::uint8_t kAudio = 8, kVideo = 9, kScript = 18;
// A key frame of 4K at 50 Mbit/s is below 2 MB; beyond this the stream is not FLV but noise.
constexpr std::size_t kMaxTagBody = 15U << 20U;

std::size_t get24(const std::uint8_t* p) {
    return static_cast<std::size_t>(p[0]) << 16U | static_cast<std::size_t>(p[1]) << 8U | p[2];
}

TagKind kind_of(const std::uint8_t* tag, std::size_t body) {
    const std::uint8_t type = tag[0] & 0x1f;
    if (type == kScript) return TagKind::script;
    if (body < 2) return TagKind::other;
    const std::uint8_t first = tag[kTagHeader], second = tag[kTagHeader + 1];
    if (type == kVideo) {
        const bool is_avc_config = (first & 0x0f) == 7 && second == 0;
        if (is_avc_config) return TagKind::video_config;
        return first >> 4 == 1 ? TagKind::video_keyframe : TagKind::video;
    }
    if (type == kAudio) return first >> 4 == 10 && second == 0 ? TagKind::audio_config : TagKind::audio;
    return TagKind::other;
}

}  // namespace

const std::string& flv_file_header() {
    static const std::string header("FLV\x01\x05\0\0\0\x09\0\0\0\0", kFileHeader);
    return header;
}

FlvTag with_timestamp(const FlvTag& tag, std::uint32_t timestamp_ms) {
    if (timestamp_ms == tag.timestamp_ms) return tag;
    auto bytes = std::make_shared<std::string>(*tag.bytes);
    (*bytes)[4] = static_cast<char>(timestamp_ms >> 16);
    (*bytes)[5] = static_cast<char>(timestamp_ms >> 8);
    (*bytes)[6] = static_cast<char>(timestamp_ms);
    (*bytes)[7] = static_cast<char>(timestamp_ms >> 24);  // TimestampExtended
    return {tag.kind, timestamp_ms, std::move(bytes)};
}

bool FlvParser::feed(std::span<const std::uint8_t> bytes) {
    pending_.erase(pending_.begin(), pending_.begin() + static_cast<std::ptrdiff_t>(used_));
    used_ = 0;
    pending_.insert(pending_.end(), bytes.begin(), bytes.end());
    if (!header_seen_) {
        if (pending_.size() < kFileHeader) return true;
        if (!std::equal(pending_.begin(), pending_.begin() + 3, "FLV")) return false;
        header_seen_ = true;
        used_ = kFileHeader;
    }
    const bool has_length = pending_.size() - used_ >= 4;
    return !has_length || get24(&pending_[used_ + 1]) <= kMaxTagBody;
}

std::optional<FlvTag> FlvParser::next() {
    const std::size_t available = pending_.size() - used_;
    if (!header_seen_ || available < kTagHeader) return std::nullopt;
    const std::uint8_t* tag = &pending_[used_];
    const std::size_t body = get24(tag + 1);
    const std::size_t whole = kTagHeader + body + kTrailer;
    if (available < whole) return std::nullopt;
    used_ += whole;
    const auto timestamp = static_cast<std::uint32_t>(get24(tag + 4)) | static_cast<std::uint32_t>(tag[7]) << 24U;
    return FlvTag{kind_of(tag, body), timestamp,
                  std::make_shared<std::string>(reinterpret_cast<const char*>(tag), whole)};
}

}  // namespace outrider::lab
