// How playlist.h's values are read: one object for one text. Internal to this folder.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "probes/hls/playlist.h"

namespace outrider::probes {

/// Line by line through one playlist. A tag's reader returns false after `want`.
class PlaylistParser {
public:
    explicit PlaylistParser(std::string_view text) : text_(text) {}
    Result<Playlist> parse();

private:
    struct Tag {
        std::string_view name;
        bool (PlaylistParser::*read)(std::string_view value);
        bool of_master;
        bool of_media;
    };
    static const std::array<Tag, 24> kTags;

    bool read_line(std::string_view line);
    bool read_uri(std::string_view uri);
    /// `line` with what EXT-X-DEFINE named put in, kept in `expanded_`.
    bool expand(std::string_view& line);
    Result<Playlist> finish();

    bool on_define(std::string_view value);
    bool on_stream_inf(std::string_view value);
    bool on_media(std::string_view value);
    bool on_target_duration(std::string_view value);
    bool on_media_sequence(std::string_view value);
    bool on_discontinuity_sequence(std::string_view value);
    bool on_playlist_type(std::string_view value);
    bool on_end(std::string_view value);
    bool on_inf(std::string_view value);
    bool on_byte_range(std::string_view value);
    bool on_discontinuity(std::string_view value);
    bool on_gap(std::string_view value);
    bool on_key(std::string_view value);
    bool on_map(std::string_view value);
    bool on_program_date_time(std::string_view value);
    bool on_server_control(std::string_view value);
    bool on_part_inf(std::string_view value);
    bool on_part(std::string_view value);
    bool on_preload_hint(std::string_view value);
    bool on_rendition_report(std::string_view value);
    bool on_skip(std::string_view value);
    bool on_master_only(std::string_view) { return true; }
    bool on_media_only(std::string_view) { return true; }

    /// Calls `take(name, value)` for each attribute; it returns what was wanted, or nothing when content.
    template <class Take>
    bool attributes(std::string_view value, Take take);
    /// False, and nothing set, where nothing could be read.
    template <class T, class Value>
    static bool set(T& slot, const std::optional<Value>& value) {
        if (value) slot = *value;
        return value.has_value();
    }
    /// The same as an attribute's reader says it: what was wanted.
    template <class T, class Value>
    static std::string_view put(T& slot, const std::optional<Value>& value, std::string_view wanted) {
        return set(slot, value) ? std::string_view{} : wanted;
    }

    /// Notes the error; always false.
    bool want(std::string_view what, std::string_view found);
    bool room(std::string_view found) { return ++items_ <= kMaxPlaylistItems || want("32768 items at most", found); }
    [[nodiscard]] bool segment_begun() const {
        return duration_ || next_.discontinuity || next_.gap || next_.range || range_text_ || !next_.parts.empty();
    }
    void complete_segment();

    std::string_view text_;
    std::size_t line_ = 0;
    std::string_view tag_;  // of this line, for errors
    std::string error_;
    std::size_t items_ = 0;
    std::map<std::string, std::string, std::less<>> variables_;
    std::string expanded_;
    std::size_t expansion_ = 0;  // bytes of all expanded lines
    bool is_master_ = false;
    bool is_media_ = false;
    MasterPlaylist master_;
    MediaPlaylist media_;
    std::optional<Variant> variant_;    // waits for its URI
    Segment next_;                      // gathers what comes before its URI
    std::optional<Duration> duration_;  // of `next_`, once EXTINF was there
    std::optional<std::string> range_text_;
    Encryption encryption_ = Encryption::none;
    std::size_t init_ = kNoInit;
    std::uint64_t discontinuities_ = 0;  // so far
    std::optional<Instant> date_;        // where the next segment begins, when known
    // The end of the newest byte range and whose it is: where the next one without an offset goes on.
    std::string range_uri_;
    std::optional<std::uint64_t> range_end_;
    std::string part_uri_;
    std::optional<std::uint64_t> part_end_;
};

}  // namespace outrider::probes
