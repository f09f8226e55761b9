// Any text as a playlist: values that keep their promises, or one line that says what is wrong; every URI in it
// resolved.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string_view>

#include "probes/hls/cursor.h"
#include "probes/hls/playlist.h"
#include "probes/hls/reload.h"
#include "probes/net/uri.h"

using namespace outrider;
using namespace outrider::probes;

namespace {

void require(bool promise) {
    if (!promise) std::abort();
}

void check_uri(std::string_view base, std::string_view reference) {
    const auto uri = resolve_uri(base, reference);
    if (!uri) return;
    require(uri->starts_with("http://") || uri->starts_with("https://"));
    for (const char c : *uri) require(static_cast<unsigned char>(c) > ' ' && c != 0x7F);
    require(uri->find('/', 8) == uri->npos || resolve_uri(*uri, "").has_value());
    require(with_query(*uri, "a=b").size() > uri->size());
}

void check(const MasterPlaylist& list) {
    require(!list.variants.empty());
    for (const auto rule : {VariantRule::first, VariantRule::highest, VariantRule::lowest, VariantRule::at_most})
        check_uri("http://a/b/c.m3u8?d", choose_variant(list, rule, 1'000'000).uri);
}

/// Takes all of a playlist, a piece after the other in their order; the same playlist then has nothing new, and one
/// with less goes back or changes nothing.
void play(const MediaPlaylist& list) {
    PlaylistCursor cursor;
    const auto move = cursor.load(list);
    require(move.fresh == cursor.pending() && move.missed == 0);
    std::size_t count = 0;
    std::optional<Place> before;
    while (const auto piece = cursor.next()) {
        const Place place{.sequence = piece->sequence, .part = piece->part.value_or(0)};
        require(!before || place > *before);
        require(!piece->uri.empty() && piece->duration >= Duration{0} && !piece->begun);
        require(piece->jumped == !before);
        before = place;
        cursor.advance();
        require(++count <= kMaxPlaylistItems);
    }
    require(count == move.fresh);
    require(cursor.load(list).fresh == 0 && !cursor.next());
    require(cursor.at_edge() == before.has_value());
    auto less = list;
    if (!less.segments.empty()) less.segments.pop_back();
    require(cursor.load(less).left_out >= Duration{0});
    (void)cursor.finished();
    auto later = list;
    later.media_sequence += 5000;
    for (auto& segment : later.segments) segment.sequence += 5000;
    require(cursor.load(later).left_out >= Duration{0});
    auto whole = list;
    whole.part_target.reset();
    (void)cursor.load(whole);
}

void check(const MediaPlaylist& list) {
    require(list.target_duration > Duration{0});
    std::uint64_t next = list.media_sequence + list.skipped;
    Duration total{};
    for (const auto& segment : list.segments) {
        require(segment.sequence == next++);
        require(segment.duration >= Duration{0});
        require(segment.init == kNoInit || segment.init < list.inits.size());
        require(!segment.range || segment.range->end() > segment.range->offset);
        require(segment.uri.empty() ==
                (segment.sequence == list.media_sequence + list.skipped + list.segments.size() - 1 &&
                 list.trailing_parts() > 0));
        total += segment.duration;
        check_uri("https://h:8443/x/y", segment.uri);
        for (const auto& part : segment.parts) require(part.duration >= Duration{0} && !part.uri.empty());
    }
    require(total >= Duration{0});
    if (const auto start = start_place(list)) {
        const auto index = start->sequence - (list.media_sequence + list.skipped);
        require(index < list.segments.size());
        require(start->part == 0 || start->part < list.segments[index].parts.size());
    }
    play(list);
    ReloadPlan plan;
    const Instant at{std::chrono::seconds{1'700'000'000}};
    require(plan.loaded(list, at, at) == PlaylistNews::first);
    require(plan.loaded(list, at, at) == PlaylistNews::unchanged);
    require(plan.next_load().has_value() == !list.ended);
    if (const auto query = blocking_reload_query(list))
        require(query->starts_with("_HLS_msn=") && list.server_control.can_block_reload && !list.ended);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    const auto parsed = parse_playlist(text);
    if (!parsed) {
        require(!parsed.error().text.empty());
        for (const char c : parsed.error().text) require(c >= ' ' && c <= '~');
    } else {
        std::visit([](const auto& list) { check(list); }, *parsed);
    }
    (void)variant_choice(text);
    check_uri(text.substr(0, size / 2), text.substr(size / 2));
    return 0;
}
