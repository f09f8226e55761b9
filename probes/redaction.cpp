#include "probes/redaction.h"

#include <algorithm>

#include "outrider/url_text.h"

namespace outrider::probes {
namespace {

constexpr std::size_t kLongestLine = 120;

std::string shown_line(std::string_view line) {
    if (line.starts_with("#EXT-X-DEFINE")) return "#EXT-X-DEFINE:<secret>";
    auto text = redacted_text(line);
    if (text.size() > kLongestLine) text.resize(kLongestLine);
    return text;
}

}  // namespace

std::string redacted_text(std::string_view text) {
    constexpr std::string_view between = " \t\r\n\"";
    std::string out;
    while (!text.empty()) {
        const auto word = text.substr(0, text.find_first_of(between));
        if (word.starts_with("#EXT")) {
            out += word;  // a playlist's tag, and no fragment; its URLs are in quotes
        } else {
            out += redacted_url(word);
        }
        text.remove_prefix(word.size());
        const auto gap = text.substr(0, std::min(text.find_first_not_of(between), text.size()));
        out += gap;
        text.remove_prefix(gap.size());
    }
    return out;
}

std::string playlist_tail(std::string_view playlist, std::size_t lines) {
    std::string out;
    // From the back, so that a megabyte of playlist costs no more than its end.
    while (lines > 0 && !playlist.empty()) {
        const auto end = playlist.find_last_not_of("\r\n");
        if (end == playlist.npos) break;
        playlist = playlist.substr(0, end + 1);
        const auto feed = playlist.find_last_of("\r\n");
        const auto begin = feed == playlist.npos ? 0 : feed + 1;
        const auto line = shown_line(playlist.substr(begin));
        out.insert(0, out.empty() ? line : line + "\n");
        playlist = playlist.substr(0, begin);
        --lines;
    }
    return out;
}

}  // namespace outrider::probes
