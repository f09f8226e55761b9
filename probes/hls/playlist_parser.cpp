// From lines to a playlist: which tag reads a line, where a segment is complete, what must be there at the end.
#include "probes/hls/playlist_parser.h"

#include <algorithm>
#include <utility>

namespace outrider::probes {
namespace {

/// What was found, fit for one line of a log.
std::string quoted(std::string_view text) {
    constexpr std::size_t shown = 40;
    std::string out = "\"";
    for (const char c : text.substr(0, shown)) out += c >= ' ' && c <= '~' ? c : '?';
    return out + (text.size() > shown ? "...\"" : "\"");
}

}  // namespace

Result<Playlist> PlaylistParser::parse() {
    if (text_.size() > kMaxPlaylistBytes)
        return Error{"want a playlist of 1 MiB at most, got " + std::to_string(text_.size()) + " bytes"};
    if (text_.starts_with("\xEF\xBB\xBF")) text_.remove_prefix(3);
    while (!text_.empty()) {
        ++line_;
        const auto line = text_.substr(0, text_.find('\n'));
        text_.remove_prefix(std::min(line.size() + 1, text_.size()));
        if (!read_line(trimmed(line))) return Error{std::move(error_)};
    }
    return finish();
}

bool PlaylistParser::read_line(std::string_view line) {
    tag_ = {};
    if (line_ == 1) return line == "#EXTM3U" || want("#EXTM3U", line);
    if (line.empty()) return true;
    if (line[0] == '#' && !line.starts_with("#EXT")) return true;  // a comment
    if (!variables_.empty() && line.find("{$") != line.npos && !expand(line)) return false;
    if (!line.starts_with("#EXT")) return read_uri(line);
    line.remove_prefix(1);
    const auto name = line.substr(0, line.find(':'));
    const auto value = name.size() < line.size() ? trimmed(line.substr(name.size() + 1)) : std::string_view{};
    tag_ = name;
    const auto tag = std::ranges::find(kTags, name, &Tag::name);
    if (tag == kTags.end()) return true;
    if (tag->of_master && is_media_) return want("no tag of a master playlist in a media playlist", line);
    if (tag->of_media && is_master_) return want("no tag of a media playlist in a master playlist", line);
    is_master_ = is_master_ || tag->of_master;
    is_media_ = is_media_ || tag->of_media;
    return (this->*tag->read)(value);
}

// RFC 8216bis 4.3. What is put in is not looked at again, and a few bytes do not become many.
bool PlaylistParser::expand(std::string_view& line) {
    std::string out;
    for (auto rest = line; !rest.empty();) {
        const auto begin = std::min(rest.find("{$"), rest.size());
        out += rest.substr(0, begin);
        rest.remove_prefix(begin);
        if (rest.empty()) break;
        const auto end = rest.find('}');
        const auto variable = end == rest.npos ? variables_.end() : variables_.find(rest.substr(2, end - 2));
        if (variable == variables_.end()) return want("a variable that EXT-X-DEFINE names", rest);
        out += variable->second;
        rest.remove_prefix(end + 1);
        if (expansion_ + out.size() > kMaxPlaylistBytes) return want("1 MiB at most with variables put in", line);
    }
    expansion_ += out.size();
    expanded_ = std::move(out);
    line = expanded_;
    return true;
}

bool PlaylistParser::read_uri(std::string_view uri) {
    if (!room(uri)) return false;
    if (variant_) {
        variant_->uri = uri;
        master_.variants.push_back(std::move(*variant_));
        variant_.reset();
        return true;
    }
    if (is_master_) return true;  // belongs to a tag that we do not know
    if (!duration_) return want("EXTINF before a segment's URI", uri);
    is_media_ = true;
    next_.uri = uri;
    if (range_text_) {
        tag_ = "EXT-X-BYTERANGE";
        const auto start = range_uri_ == uri ? range_end_ : std::nullopt;
        if (!set(next_.range, read_byte_range(*range_text_, start)))
            return want("<length>[@<offset>], the offset where none precedes", *range_text_);
        range_uri_ = uri;
        range_end_ = next_.range->end();
    } else {
        range_end_.reset();
    }
    complete_segment();
    return true;
}

void PlaylistParser::complete_segment() {
    next_.duration = duration_.value_or(Duration{0});
    next_.sequence = media_.segments.size();  // counted on from the media sequence at the end
    next_.encryption = encryption_;
    next_.init = init_;
    next_.discontinuities = discontinuities_;
    if (next_.program_date) date_ = next_.program_date;
    next_.program_date = date_;
    if (date_) *date_ += next_.duration;
    media_.segments.push_back(std::move(next_));
    next_ = {};
    duration_.reset();
    range_text_.reset();
}

Result<Playlist> PlaylistParser::finish() {
    tag_ = {};
    const auto missing = [&](std::string_view what) {
        return Error{"line " + std::to_string(line_) + ": want " + std::string{what} + ", got the end"};
    };
    if (line_ == 0) return missing("#EXTM3U");
    if (variant_) return missing("the URI of the variant");
    if (is_master_) {
        if (master_.variants.empty()) return missing("a variant");
        return Playlist{std::move(master_)};
    }
    if (duration_) return missing("the URI of the segment");
    if (media_.target_duration <= Duration{0}) return missing("EXT-X-TARGETDURATION");
    if (!next_.parts.empty()) {
        for (const auto& part : next_.parts) duration_ = duration_.value_or(Duration{0}) + part.duration;
        complete_segment();
    }
    // What precedes the first stated date follows from it, backwards.
    const auto dated =
        std::ranges::find_if(media_.segments, [](const Segment& s) { return s.program_date.has_value(); });
    if (dated != media_.segments.end())
        for (auto before = dated; before != media_.segments.begin(); --before)
            (before - 1)->program_date = *before->program_date - (before - 1)->duration;
    constexpr std::uint64_t limit = INT64_MAX;
    if (media_.media_sequence > limit - kMaxPlaylistItems || media_.skipped > limit - kMaxPlaylistItems ||
        media_.media_sequence + media_.skipped > limit - kMaxPlaylistItems ||
        media_.discontinuity_sequence > limit - kMaxPlaylistItems)
        return missing("sequence numbers below 2^63");
    for (auto& segment : media_.segments) {
        segment.sequence += media_.media_sequence + media_.skipped;
        segment.discontinuities += media_.discontinuity_sequence;
    }
    return Playlist{std::move(media_)};
}

bool PlaylistParser::want(std::string_view what, std::string_view found) {
    error_ = "line " + std::to_string(line_) + ": " + (tag_.empty() ? "" : std::string{tag_} + ": ") + "want " +
             std::string{what} + ", got " + quoted(found);
    return false;
}

}  // namespace outrider::probes
