#include <algorithm>
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "probes/hls/cursor.h"

using namespace outrider;
using namespace outrider::probes;
using namespace std::chrono_literals;

namespace {

MediaPlaylist live(std::uint64_t first, std::uint64_t last) {
    MediaPlaylist list;
    list.target_duration = 2s;
    list.media_sequence = first;
    for (auto n = first; n <= last; ++n) {
        Segment segment;
        segment.sequence = n;
        segment.uri = "x";
        segment.duration = 2s;
        list.segments.push_back(segment);
    }
    return list;
}

}  // namespace

TEST_CASE("hls cursor: a viewer takes segment after segment", "[probes][hls]") {
    // | load     | fresh | missed | anew | next | note
    struct Row {
        MediaPlaylist list;
        CursorMove move;
        std::uint64_t next;
    };
    const std::vector<Row> table{
        {live(10, 15), {3, 0, 0s, false}, 13},  // three target durations behind the edge
        {live(11, 16), {1, 0, 0s, false}, 14},  // every row takes one segment before the next load
        {live(11, 16), {0, 0, 0s, false}, 15},  // unchanged
        {live(10, 15), {0, 0, 0s, false}, 16},  // an older copy from another cache: 16 is known, but not in it
        {live(12, 18), {2, 0, 0s, false}, 16},
        {live(40, 45), {3, 26, 52s, false}, 43},  // away too long: 17 to 42 are lost, and back to the live edge
        {live(0, 5), {3, 0, 0s, true}, 3},        // the packager began anew
    };
    PlaylistCursor cursor;
    bool first = true;
    for (const auto& row : table) {
        if (!first && cursor.next()) cursor.advance();
        first = false;
        INFO("playlist " << row.list.media_sequence << " to " << *row.list.last_sequence());
        CHECK(cursor.load(row.list) == row.move);
        if (row.list.media_sequence == 10 && row.next == 16) {
            CHECK_FALSE(cursor.next());
            continue;
        }
        REQUIRE(cursor.next());
        CHECK(cursor.next()->sequence == row.next);
    }
}

TEST_CASE("hls cursor: an older playlist that stays is a packager that began anew", "[probes][hls]") {
    PlaylistCursor cursor;
    CHECK(cursor.load(live(1, 5)).fresh == 3);
    for (int i = 0; i < 3; ++i) cursor.advance();
    CHECK(cursor.load(live(0, 2)) == CursorMove{});
    CHECK_FALSE(cursor.next());
    CHECK(cursor.load(live(0, 2)) == CursorMove{});
    CHECK(cursor.load(live(0, 3)) == CursorMove{3, 0, 0s, true});
    CHECK(cursor.next()->sequence == 1);
}

TEST_CASE("hls cursor: it is finished when an ended playlist is taken", "[probes][hls]") {
    PlaylistCursor cursor;
    CHECK_FALSE(cursor.finished());
    CHECK(cursor.load(live(1, 0)) == CursorMove{});  // nothing in it yet
    auto list = live(1, 2);
    list.ended = true;
    cursor.load(list);
    cursor.advance();
    CHECK_FALSE(cursor.finished());
    cursor.advance();
    CHECK(cursor.finished());
}

namespace {

/// The newest segment, or the one that has only begun, gets `count` parts of half a second.
void add_parts(MediaPlaylist& list, std::size_t count, bool open) {
    list.part_target = 500ms;
    if (open) {
        const auto sequence = list.segments.back().sequence + 1;
        list.segments.emplace_back().sequence = sequence;
    }
    auto& parts = list.segments.back().parts;
    for (std::size_t i = 0; i < count; ++i)
        parts.push_back(
            {.uri = "p" + std::to_string(i), .duration = 500ms, .range = {}, .independent = i == 0, .gap = false});
}

/// Segments `first` to `last` of 2 s, the last one in four parts, and `open` parts of the one after.
MediaPlaylist low_latency(std::uint64_t first, std::uint64_t last, std::size_t open) {
    auto list = live(first, last);
    add_parts(list, 4, false);
    if (open > 0) add_parts(list, open, true);
    return list;
}

std::string taken(PlaylistCursor& cursor) {
    std::string out;
    while (const auto piece = cursor.next()) {
        out += (out.empty() ? "" : " ") + std::to_string(piece->sequence);
        if (piece->part) out += "." + std::to_string(*piece->part);
        if (piece->begun) out += "(rest of " + std::to_string(piece->duration / 1ms) + " ms)";
        if (piece->jumped) out += "!";
        cursor.advance();
    }
    return out;
}

}  // namespace

TEST_CASE("hls cursor: a low-latency viewer takes part after part, none twice", "[probes][hls]") {
    // | load | fresh | taken | note
    struct Row {
        MediaPlaylist list;
        std::size_t fresh;
        std::string taken;
        bool at_edge;
    };
    auto gap = low_latency(12, 14, 1);
    gap.segments.back().parts[0].gap = true;
    const std::vector<Row> table{
        {low_latency(10, 12, 1), 5, "12.0! 12.1 12.2 12.3 13.0", true},  // 1.5 s behind, and back to a keyframe
        {low_latency(10, 12, 3), 2, "13.1 13.2", true},
        {low_latency(10, 12, 2), 0, "", false},     // another copy of a CDN
        {low_latency(10, 13, 0), 1, "13.3", true},  // whole now, and its parts are known but one
        {low_latency(11, 13, 1), 1, "14.0", true},
        {live(11, 13), 0, "", false},                    // no parts any more
        {live(11, 14), 1, "14(rest of 1500 ms)", true},  // so the rest of it comes with the whole
        {live(11, 15), 1, "15", true},
        {low_latency(12, 15, 2), 2, "16.0 16.1", true},                  // and again in parts
        {low_latency(17, 20, 1), 5, "20.0! 20.1 20.2 20.3 21.0", true},  // away too long
    };
    PlaylistCursor cursor;
    for (const auto& row : table) {
        const auto load = cursor.load(row.list);
        INFO("playlist " << row.list.media_sequence << " to " << *row.list.last_sequence() << ", "
                         << row.list.trailing_parts() << " parts");
        CHECK(load.fresh == row.fresh);
        CHECK(load.missed == (row.list.media_sequence < 17 ? 0U : 4U));
        CHECK(cursor.pending() ==
              static_cast<std::size_t>(std::ranges::count(row.taken, ' ') + (row.taken.empty() ? 0 : 1)) -
                  (row.taken.find("rest") == std::string::npos ? 0U : 3U));
        CHECK(taken(cursor) == row.taken);
        CHECK(cursor.pending() == 0);
        CHECK(cursor.at_edge() == row.at_edge);
    }
}

TEST_CASE("hls cursor: a piece says what it needs", "[probes][hls]") {
    auto list = low_latency(10, 12, 2);
    const Instant date{1'700'000'000s};
    list.inits = {{.uri = "init.mp4", .range = ByteRange{10, 20}}};
    auto& open = list.segments.back();
    open.discontinuity = true;
    open.init = 0;
    open.encryption = Encryption::sample_aes;
    open.program_date = date;
    open.parts[1].gap = true;
    open.parts[1].range = ByteRange{100, 50};
    PlaylistCursor cursor;
    cursor.load(list);
    while (cursor.next()->sequence < 13) cursor.advance();
    const Piece first{.sequence = 13,
                      .part = 0,
                      .uri = "p0",
                      .range = {},
                      .duration = 500ms,
                      .encryption = Encryption::sample_aes,
                      .init = list.inits[0],
                      .discontinuity = true,
                      .program_date = date};
    CHECK(cursor.next() == first);
    cursor.advance();
    auto second = first;
    second.part = 1;
    second.uri = "p1";
    second.range = ByteRange{100, 50};
    second.gap = true;
    second.discontinuity = false;
    second.program_date = date + 500ms;
    CHECK(cursor.next() == second);
}

TEST_CASE("hls cursor: what left the playlist is missed, less what was had of it", "[probes][hls]") {
    PlaylistCursor cursor;
    cursor.load(low_latency(10, 12, 2));
    CHECK(taken(cursor) == "12.0! 12.1 12.2 12.3 13.0 13.1");
    const auto move = cursor.load(low_latency(20, 24, 2));
    CHECK(move.missed == 11);
    CHECK(cursor.next()->sequence == 24);
    CHECK(move.left_out == 21s);
}
