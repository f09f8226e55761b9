// HLS playlists as values: RFC 8216, and Low-Latency HLS as in draft-pantos-hls-rfc8216bis.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "outrider/result.h"
#include "outrider/time.h"
#include "probes/hls/fields.h"

namespace outrider::probes {

/// EXT-X-STREAM-INF: one quality of the stream.
struct Variant {
    std::string uri;
    std::uint64_t bandwidth = 0;          ///< peak, bits a second
    std::uint64_t average_bandwidth = 0;  ///< 0: not given
    std::uint32_t width = 0;              ///< 0: not given
    std::uint32_t height = 0;
    std::string codecs;
    std::string audio_group;  ///< names Rendition::group; empty: audio is in the variant itself
    friend bool operator==(const Variant&, const Variant&) = default;
};

/// EXT-X-MEDIA.
struct Rendition {
    std::string type;  ///< AUDIO, VIDEO, SUBTITLES, CLOSED-CAPTIONS
    std::string group;
    std::string name;
    std::string language;
    std::string uri;  ///< empty: the media is in the variant's own playlist
    bool is_default = false;
    friend bool operator==(const Rendition&, const Rendition&) = default;
};

struct MasterPlaylist {
    std::vector<Variant> variants;  ///< never empty
    std::vector<Rendition> renditions;
    friend bool operator==(const MasterPlaylist&, const MasterPlaylist&) = default;
};

/// Which variant a viewer plays: `at_most` is the best one whose peak bandwidth does not exceed a bound (the least one
/// when all do), as a viewer behind a line of that speed would end up with.
enum class VariantRule : std::uint8_t { first, highest, lowest, at_most };

/// The variant by that rule; of equals the first.
[[nodiscard]] const Variant& choose_variant(const MasterPlaylist& master, VariantRule rule,
                                            std::uint64_t max_bandwidth = 0);

struct VariantChoice {
    VariantRule rule = VariantRule::highest;
    std::uint64_t max_bandwidth = 0;  ///< of `at_most`, bits a second
    friend bool operator==(const VariantChoice&, const VariantChoice&) = default;
};

/// What the fragment of a URL asks for: "#rendition=highest", "lowest", "first", or bits a second at most; without one
/// the highest: what viewers end up with on a good line, and what breaks first. nullopt: it asks for something else.
[[nodiscard]] std::optional<VariantChoice> variant_choice(std::string_view url);

/// EXT-X-KEY: how the segments after it are encrypted. SAMPLE-AES, in whatever mode, leaves containers readable.
enum class Encryption : std::uint8_t { none, aes_128, sample_aes, other };

/// EXT-X-MAP: the initialisation section of the segments after it.
struct InitSection {
    std::string uri;
    std::optional<ByteRange> range;
    friend bool operator==(const InitSection&, const InitSection&) = default;
};

/// EXT-X-PART.
struct PartialSegment {
    std::string uri;
    Duration duration{};
    std::optional<ByteRange> range;
    bool independent = false;  ///< holds a keyframe
    bool gap = false;
    friend bool operator==(const PartialSegment&, const PartialSegment&) = default;
};

inline constexpr std::size_t kNoInit = std::numeric_limits<std::size_t>::max();

struct Segment {
    std::uint64_t sequence = 0;
    std::string uri;  ///< empty: only parts of it are there yet (the last of a Low-Latency playlist)
    Duration duration{};
    std::optional<ByteRange> range;
    Encryption encryption = Encryption::none;
    std::size_t init = kNoInit;           ///< index into MediaPlaylist::inits
    bool discontinuity = false;           ///< its timestamps do not follow its predecessor's
    bool gap = false;                     ///< announced as absent: not to be fetched
    std::optional<Instant> program_date;  ///< of its first sample; carried on over segments that do not say it
    std::uint64_t discontinuities = 0;    ///< its discontinuity sequence number
    std::vector<PartialSegment> parts;
    friend bool operator==(const Segment&, const Segment&) = default;
};

/// EXT-X-SERVER-CONTROL.
struct ServerControl {
    bool can_block_reload = false;
    std::optional<Duration> hold_back;       ///< from the edge, at least three target durations
    std::optional<Duration> part_hold_back;  ///< the same for playing parts
    std::optional<Duration> can_skip_until;
    friend bool operator==(const ServerControl&, const ServerControl&) = default;
};

/// EXT-X-PRELOAD-HINT.
struct PreloadHint {
    bool is_map = false;  ///< an initialisation section; else a part
    std::string uri;
    std::uint64_t offset = 0;
    std::optional<std::uint64_t> length;
    friend bool operator==(const PreloadHint&, const PreloadHint&) = default;
};

/// EXT-X-RENDITION-REPORT.
struct RenditionReport {
    std::string uri;
    std::optional<std::uint64_t> last_sequence;
    std::optional<std::uint64_t> last_part;
    friend bool operator==(const RenditionReport&, const RenditionReport&) = default;
};

enum class PlaylistType : std::uint8_t { live, event, vod };

struct MediaPlaylist {
    Duration target_duration{};           ///< > 0
    std::optional<Duration> part_target;  ///< > 0; EXT-X-PART-INF
    std::uint64_t media_sequence = 0;     ///< of the first segment, skipped ones included
    std::uint64_t discontinuity_sequence = 0;
    std::uint64_t skipped = 0;  ///< segments that a delta update leaves out at the front
    PlaylistType type = PlaylistType::live;
    bool ended = false;
    ServerControl server_control;
    std::vector<InitSection> inits;
    std::vector<Segment> segments;
    std::vector<PreloadHint> preload_hints;
    std::vector<RenditionReport> rendition_reports;
    friend bool operator==(const MediaPlaylist&, const MediaPlaylist&) = default;

    /// Of the newest whole segment; nullopt when there is none.
    [[nodiscard]] std::optional<std::uint64_t> last_sequence() const;
    /// Parts announced of the segment after that one.
    [[nodiscard]] std::size_t trailing_parts() const;
    /// Its newest media is there in parts, and how long they are is said.
    [[nodiscard]] bool offers_parts() const {
        return part_target && !segments.empty() && !segments.back().parts.empty();
    }
};

using Playlist = std::variant<MasterPlaylist, MediaPlaylist>;

inline constexpr std::size_t kMaxPlaylistBytes = 1024 * 1024;
/// Segments, parts, variants, renditions, hints and reports together.
inline constexpr std::size_t kMaxPlaylistItems = 32 * 1024;

/// Reads a whole playlist. Unknown tags and attributes, CRLF, a byte-order mark, a missing last newline are no errors.
/// URIs stay as written. The error names the line: "line 12: EXTINF: want a duration in seconds, got "x"".
[[nodiscard]] Result<Playlist> parse_playlist(std::string_view text);

}  // namespace outrider::probes
