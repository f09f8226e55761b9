#include "probes/hls/playlist.h"

#include <algorithm>

#include "probes/hls/playlist_parser.h"

namespace outrider::probes {

std::optional<std::uint64_t> MediaPlaylist::last_sequence() const {
    const auto whole = segments.size() - (trailing_parts() > 0 ? 1 : 0);
    if (whole == 0) return skipped > 0 ? std::optional{media_sequence + skipped - 1} : std::nullopt;
    return segments[whole - 1].sequence;
}

std::size_t MediaPlaylist::trailing_parts() const {
    return !segments.empty() && segments.back().uri.empty() ? segments.back().parts.size() : 0;
}

const Variant& choose_variant(const MasterPlaylist& master, VariantRule rule, std::uint64_t max_bandwidth) {
    const auto& all = master.variants;
    const auto least = [&]() -> const Variant& { return *std::ranges::min_element(all, {}, &Variant::bandwidth); };
    switch (rule) {
        case VariantRule::first: return all.front();
        case VariantRule::highest: return *std::ranges::max_element(all, {}, &Variant::bandwidth);
        case VariantRule::lowest: return least();
        case VariantRule::at_most: {
            const Variant* best = nullptr;
            for (const auto& each : all)
                if (each.bandwidth <= max_bandwidth && (best == nullptr || each.bandwidth > best->bandwidth))
                    best = &each;
            return best != nullptr ? *best : least();
        }
    }
    return all.front();
}

std::optional<VariantChoice> variant_choice(std::string_view url) {
    constexpr std::string_view key = "rendition=";
    const auto hash = std::min(url.find('#'), url.size());
    auto asked = url.substr(std::min(hash + 1, url.size()));
    if (!asked.starts_with(key)) return VariantChoice{};
    asked.remove_prefix(key.size());
    if (asked == "highest") return VariantChoice{};
    if (asked == "lowest") return VariantChoice{.rule = VariantRule::lowest};
    if (asked == "first") return VariantChoice{.rule = VariantRule::first};
    const auto bound = read_integer(asked);
    if (!bound || *bound == 0) return std::nullopt;
    return VariantChoice{.rule = VariantRule::at_most, .max_bandwidth = *bound};
}

Result<Playlist> parse_playlist(std::string_view text) { return PlaylistParser{text}.parse(); }

}  // namespace outrider::probes
