#include <catch2/catch.hpp>
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
        {live(10, 15), {3, 0, false}, 13},  // three target durations behind the edge
        {live(11, 16), {1, 0, false}, 14},  // every row takes one segment before the next load
        {live(11, 16), {0, 0, false}, 15},  // unchanged
        {live(10, 15), {0, 0, false}, 16},  // an older copy from another cache: 16 is known, but not in it
        {live(12, 18), {2, 0, false}, 16},
        {live(40, 45), {3, 26, false}, 43},  // away too long: 17 to 42 are lost, and back to the live edge
        {live(0, 5), {3, 0, true}, 3},       // the packager began anew
    };
    PlaylistCursor cursor;
    bool first = true;
    for (const auto& row : table) {
        if (!first && cursor.next() != nullptr) cursor.advance();
        first = false;
        INFO("playlist " << row.list.media_sequence << " to " << *row.list.last_sequence());
        CHECK(cursor.load(row.list) == row.move);
        if (row.list.media_sequence == 10 && row.next == 16) {
            CHECK(cursor.next() == nullptr);
            continue;
        }
        REQUIRE(cursor.next() != nullptr);
        CHECK(cursor.next()->sequence == row.next);
    }
}

TEST_CASE("hls cursor: an older playlist that stays is a packager that began anew", "[probes][hls]") {
    PlaylistCursor cursor;
    CHECK(cursor.load(live(1, 5)).fresh == 3);
    for (int i = 0; i < 3; ++i) cursor.advance();
    CHECK(cursor.load(live(0, 2)) == CursorMove{});
    CHECK(cursor.next() == nullptr);
    CHECK(cursor.load(live(0, 2)) == CursorMove{});
    CHECK(cursor.load(live(0, 3)) == CursorMove{3, 0, true});
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
