// What libraries, servers and playlists say, fit to be shown: URLs in it without their secrets. Pure.
#pragma once

#include <string>
#include <string_view>

namespace outrider::probes {

/// Free text with every word that may be a URL, or the end of one, passed through redacted_url().
[[nodiscard]] std::string redacted_text(std::string_view text);

/// The last `lines` lines of a playlist, the same done to them; the value of an EXT-X-DEFINE, which may be a token that
/// URLs below it are made with, becomes `<secret>`. Lines longer than 120 bytes are cut, empty ones left out.
[[nodiscard]] std::string playlist_tail(std::string_view playlist, std::size_t lines = 10);

}  // namespace outrider::probes
