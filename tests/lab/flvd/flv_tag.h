// FLV as a server needs it: tags are cut out of a byte stream and passed on whole; nothing is decoded.
// Source: Adobe Flash Video File Format Specification 10.1, annex E.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace outrider::lab {

/// The 9 bytes of the file header (audio and video present) and the zero PreviousTagSize after it.
[[nodiscard]] const std::string& flv_file_header();

enum class TagKind { video, video_keyframe, video_config, audio, audio_config, script, other };

/// One tag with its trailing PreviousTagSize, as it goes over the wire. Shared by every client.
struct FlvTag {
    TagKind kind = TagKind::other;
    std::uint32_t timestamp_ms = 0;
    std::shared_ptr<const std::string> bytes;

    [[nodiscard]] std::size_t size() const { return bytes->size(); }
};

/// The same tag with another timestamp (mod 2^32); the same bytes if it does not change.
[[nodiscard]] FlvTag with_timestamp(const FlvTag& tag, std::uint32_t timestamp_ms);

/// Cuts a byte stream into tags.
class FlvParser {
public:
    /// Takes more bytes. False if this is no FLV or a tag is absurdly long; the stream must then be given up.
    [[nodiscard]] bool feed(std::span<const std::uint8_t> bytes);

    /// The next complete tag, or nullopt until more bytes are fed.
    [[nodiscard]] std::optional<FlvTag> next();

private:
    std::vector<std::uint8_t> pending_;
    std::size_t used_ = 0;
    bool header_seen_ = false;
};

}  // namespace outrider::lab
