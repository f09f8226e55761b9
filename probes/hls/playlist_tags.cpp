// What each tag says: its value into the playlist that is being read.
#include <algorithm>
#include <utility>

#include "probes/hls/playlist_parser.h"

namespace outrider::probes {
namespace {

// Longer than any real segment; keeps the sum over kMaxPlaylistItems far from overflow.
constexpr Duration kLongest = std::chrono::hours{24};

}  // namespace

const std::array<PlaylistParser::Tag, 24> PlaylistParser::kTags{{
    {"EXT-X-DEFINE", &PlaylistParser::on_define, false, false},
    {"EXT-X-STREAM-INF", &PlaylistParser::on_stream_inf, true, false},
    {"EXT-X-MEDIA", &PlaylistParser::on_media, true, false},
    {"EXT-X-I-FRAME-STREAM-INF", &PlaylistParser::on_master_only, true, false},
    {"EXT-X-SESSION-DATA", &PlaylistParser::on_master_only, true, false},
    {"EXT-X-TARGETDURATION", &PlaylistParser::on_target_duration, false, true},
    {"EXT-X-MEDIA-SEQUENCE", &PlaylistParser::on_media_sequence, false, true},
    {"EXT-X-DISCONTINUITY-SEQUENCE", &PlaylistParser::on_discontinuity_sequence, false, true},
    {"EXT-X-PLAYLIST-TYPE", &PlaylistParser::on_playlist_type, false, true},
    {"EXT-X-ENDLIST", &PlaylistParser::on_end, false, true},
    {"EXT-X-I-FRAMES-ONLY", &PlaylistParser::on_media_only, false, true},
    {"EXTINF", &PlaylistParser::on_inf, false, true},
    {"EXT-X-BYTERANGE", &PlaylistParser::on_byte_range, false, true},
    {"EXT-X-DISCONTINUITY", &PlaylistParser::on_discontinuity, false, true},
    {"EXT-X-GAP", &PlaylistParser::on_gap, false, true},
    {"EXT-X-KEY", &PlaylistParser::on_key, false, true},
    {"EXT-X-MAP", &PlaylistParser::on_map, false, true},
    {"EXT-X-PROGRAM-DATE-TIME", &PlaylistParser::on_program_date_time, false, true},
    {"EXT-X-SERVER-CONTROL", &PlaylistParser::on_server_control, false, true},
    {"EXT-X-PART-INF", &PlaylistParser::on_part_inf, false, true},
    {"EXT-X-PART", &PlaylistParser::on_part, false, true},
    {"EXT-X-PRELOAD-HINT", &PlaylistParser::on_preload_hint, false, true},
    {"EXT-X-RENDITION-REPORT", &PlaylistParser::on_rendition_report, false, true},
    {"EXT-X-SKIP", &PlaylistParser::on_skip, false, true},
}};

template <class Take>
bool PlaylistParser::attributes(std::string_view value, Take take) {
    AttributeList list{value};
    while (const auto attribute = list.next()) {
        const std::string_view wanted = take(attribute->name, attribute->value);
        if (wanted.empty()) continue;
        return want(std::string{attribute->name} + " to be " + std::string{wanted}, attribute->value);
    }
    return !list.broken() || want("an attribute list NAME=value,...", value);
}

bool PlaylistParser::on_define(std::string_view value) {
    std::optional<std::string> name;
    std::optional<std::string> meaning;
    const bool read = attributes(value, [&](std::string_view key, std::string_view v) -> std::string_view {
        if (key == "NAME") name = v;
        if (key == "VALUE") meaning = v;
        if (key == "IMPORT" || key == "QUERYPARAM") return "absent, variables from elsewhere are not known";
        return {};
    });
    if (!read || !room(value)) return false;
    if (!name || !meaning) return want("NAME and VALUE", value);
    variables_.insert_or_assign(std::move(*name), std::move(*meaning));
    return true;
}

bool PlaylistParser::on_stream_inf(std::string_view value) {
    variant_.emplace();
    return attributes(value, [this](std::string_view name, std::string_view v) -> std::string_view {
        auto& out = *variant_;
        if (name == "BANDWIDTH") return put(out.bandwidth, read_integer(v), "bits a second");
        if (name == "AVERAGE-BANDWIDTH") return put(out.average_bandwidth, read_integer(v), "bits a second");
        if (name == "CODECS") out.codecs = v;
        if (name == "AUDIO") out.audio_group = v;
        if (name == "RESOLUTION") {
            const auto x = v.find_first_of("xX");
            const auto width = read_integer(v.substr(0, x));
            const auto height = x == v.npos ? std::nullopt : read_integer(v.substr(x + 1));
            if (!width || !height || *width > UINT32_MAX || *height > UINT32_MAX) return "<width>x<height>";
            out.width = static_cast<std::uint32_t>(*width);
            out.height = static_cast<std::uint32_t>(*height);
        }
        return {};
    });
}

bool PlaylistParser::on_media(std::string_view value) {
    Rendition out;
    const bool read = attributes(value, [&out](std::string_view name, std::string_view v) -> std::string_view {
        if (name == "TYPE") out.type = v;
        if (name == "GROUP-ID") out.group = v;
        if (name == "NAME") out.name = v;
        if (name == "LANGUAGE") out.language = v;
        if (name == "URI") out.uri = v;
        if (name == "DEFAULT") out.is_default = v == "YES";
        return {};
    });
    if (!read || !room(value)) return false;
    if (out.type.empty() || out.group.empty()) return want("TYPE and GROUP-ID", value);
    master_.renditions.push_back(std::move(out));
    return true;
}

bool PlaylistParser::on_target_duration(std::string_view value) {
    // A whole number by the RFC; some packagers write decimals.
    const auto read = read_seconds(value, kLongest);
    if (!read || *read <= Duration{0}) return want("a number of seconds above 0, a day at most", value);
    media_.target_duration = *read;
    return true;
}

bool PlaylistParser::on_media_sequence(std::string_view value) {
    return set(media_.media_sequence, read_integer(value)) || want("a whole number", value);
}

bool PlaylistParser::on_discontinuity_sequence(std::string_view value) {
    return set(media_.discontinuity_sequence, read_integer(value)) || want("a whole number", value);
}

bool PlaylistParser::on_playlist_type(std::string_view value) {
    if (value == "VOD") media_.type = PlaylistType::vod;
    if (value == "EVENT") media_.type = PlaylistType::event;
    return value == "VOD" || value == "EVENT" || want("VOD or EVENT", value);
}

bool PlaylistParser::on_end(std::string_view) {
    media_.ended = true;
    return true;
}

bool PlaylistParser::on_inf(std::string_view value) {
    duration_ = read_seconds(trimmed(value.substr(0, value.find(','))), kLongest);
    if (duration_ && *duration_ >= Duration{0}) return true;
    return want("a duration of 0 to 86400 seconds", value);
}

bool PlaylistParser::on_byte_range(std::string_view value) {
    range_text_ = value;  // its meaning depends on the URI that follows
    return true;
}

bool PlaylistParser::on_discontinuity(std::string_view) {
    next_.discontinuity = true;
    ++discontinuities_;
    return true;
}

bool PlaylistParser::on_gap(std::string_view) {
    next_.gap = true;
    return true;
}

bool PlaylistParser::on_key(std::string_view value) {
    std::optional<Encryption> read;
    const bool listed = attributes(value, [&read](std::string_view name, std::string_view v) -> std::string_view {
        if (name != "METHOD") return {};
        read = v == "NONE"                   ? Encryption::none
               : v == "AES-128"              ? Encryption::aes_128
               : v.starts_with("SAMPLE-AES") ? Encryption::sample_aes  // also -CTR, -CENC: as readable
                                             : Encryption::other;
        return {};
    });
    if (!listed) return false;
    if (!read) return want("METHOD", value);
    encryption_ = *read;
    return true;
}

bool PlaylistParser::on_map(std::string_view value) {
    InitSection out;
    const bool read = attributes(value, [&out](std::string_view name, std::string_view v) -> std::string_view {
        if (name == "URI") out.uri = v;
        if (name == "BYTERANGE") return put(out.range, read_byte_range(v, 0), "<length>[@<offset>]");
        return {};
    });
    if (!read || !room(value)) return false;
    if (out.uri.empty()) return want("URI", value);
    if (media_.inits.empty() || media_.inits.back() != out) media_.inits.push_back(std::move(out));
    init_ = media_.inits.size() - 1;
    return true;
}

bool PlaylistParser::on_program_date_time(std::string_view value) {
    const auto read = read_date_time(value);
    if (!read) return want("a date and time such as 2026-03-01T07:05:09.120Z", value);
    next_.program_date = read;
    return true;
}

bool PlaylistParser::on_server_control(std::string_view value) {
    auto& out = media_.server_control;
    return attributes(value, [&out](std::string_view name, std::string_view v) -> std::string_view {
        constexpr std::string_view wanted = "seconds";
        if (name == "CAN-BLOCK-RELOAD") out.can_block_reload = v == "YES";
        if (name == "HOLD-BACK") return put(out.hold_back, read_seconds(v, kLongest), wanted);
        if (name == "PART-HOLD-BACK") return put(out.part_hold_back, read_seconds(v, kLongest), wanted);
        if (name == "CAN-SKIP-UNTIL") return put(out.can_skip_until, read_seconds(v, kLongest), wanted);
        return {};
    });
}

bool PlaylistParser::on_part_inf(std::string_view value) {
    const bool read = attributes(value, [this](std::string_view name, std::string_view v) -> std::string_view {
        if (name != "PART-TARGET") return {};
        return put(media_.part_target, read_seconds(v, kLongest), "seconds");
    });
    if (!read) return false;
    return (media_.part_target && *media_.part_target > Duration{0}) || want("PART-TARGET above 0", value);
}

bool PlaylistParser::on_part(std::string_view value) {
    PartialSegment out;
    std::optional<std::string_view> range;
    std::optional<Duration> duration;
    const bool read = attributes(value, [&](std::string_view name, std::string_view v) -> std::string_view {
        if (name == "URI") out.uri = v;
        if (name == "DURATION") return put(duration, read_seconds(v, kLongest), "seconds");
        if (name == "BYTERANGE") range = v;
        if (name == "INDEPENDENT") out.independent = v == "YES";
        if (name == "GAP") out.gap = v == "YES";
        return {};
    });
    if (!read || !room(value)) return false;
    if (out.uri.empty() || !duration || *duration < Duration{0}) return want("URI and DURATION", value);
    out.duration = *duration;
    if (range) {
        const auto start = part_uri_ == out.uri ? part_end_ : std::nullopt;
        out.range = read_byte_range(*range, start);
        if (!out.range) return want("BYTERANGE to be <length>[@<offset>], the offset where none precedes", *range);
        part_uri_ = out.uri;
        part_end_ = out.range->end();
    } else {
        part_end_.reset();
    }
    next_.parts.push_back(std::move(out));
    return true;
}

bool PlaylistParser::on_preload_hint(std::string_view value) {
    PreloadHint out;
    bool typed = false;
    const bool read = attributes(value, [&](std::string_view name, std::string_view v) -> std::string_view {
        if (name == "TYPE") {
            out.is_map = v == "MAP";
            typed = v == "MAP" || v == "PART";
        }
        if (name == "URI") out.uri = v;
        if (name == "BYTERANGE-START") return put(out.offset, read_integer(v), "a whole number");
        if (name == "BYTERANGE-LENGTH") return put(out.length, read_integer(v), "a whole number");
        return {};
    });
    if (!read || !room(value)) return false;
    if (typed && !out.uri.empty()) media_.preload_hints.push_back(std::move(out));  // other types: for players to come
    return true;
}

bool PlaylistParser::on_rendition_report(std::string_view value) {
    RenditionReport out;
    const bool read = attributes(value, [&out](std::string_view name, std::string_view v) -> std::string_view {
        if (name == "URI") out.uri = v;
        if (name == "LAST-MSN") return put(out.last_sequence, read_integer(v), "a whole number");
        if (name == "LAST-PART") return put(out.last_part, read_integer(v), "a whole number");
        return {};
    });
    if (!read || !room(value)) return false;
    media_.rendition_reports.push_back(std::move(out));
    return true;
}

bool PlaylistParser::on_skip(std::string_view value) {
    const bool read = attributes(value, [this](std::string_view name, std::string_view v) -> std::string_view {
        if (name != "SKIPPED-SEGMENTS") return {};
        return put(media_.skipped, read_integer(v), "a whole number");
    });
    if (!read) return false;
    if (!media_.segments.empty() || segment_begun()) return want("it before the first segment", value);
    return true;
}

}  // namespace outrider::probes
