#include <catch2/catch.hpp>
#include <vector>

#include "probes/hls/reload.h"

using namespace outrider;
using namespace outrider::probes;
using namespace std::chrono_literals;

namespace {

const Instant kStart{1'700'000'000s};

/// Segments `first` to `last` of 6 s each.
MediaPlaylist live(std::uint64_t first, std::uint64_t last) {
    MediaPlaylist list;
    list.target_duration = 6s;
    list.media_sequence = first;
    for (auto n = first; n <= last; ++n) {
        Segment segment;
        segment.sequence = n;
        segment.uri = "x.ts";
        segment.duration = 6s;
        list.segments.push_back(segment);
    }
    return list;
}

}  // namespace

TEST_CASE("hls reload: after a target duration when there was news, after half of one when not", "[probes][hls]") {
    // | asked | playlist | news      | next load |
    struct Row {
        Duration asked;
        MediaPlaylist list;
        PlaylistNews news;
        Duration next;
    };
    const std::vector<Row> table{
        {0s, live(1, 10), PlaylistNews::first, 6s},
        {6s, live(2, 11), PlaylistNews::changed, 12s},
        {12s, live(2, 11), PlaylistNews::unchanged, 15s},
        {15s, live(3, 11), PlaylistNews::changed, 21s},  // an old segment was removed
        {21s, live(1, 5), PlaylistNews::went_back, 27s},
        {27s, live(2, 6), PlaylistNews::changed, 33s},
        {33s, live(1, 6), PlaylistNews::went_back, 39s},  // media sequence back, though the edge is not
    };
    ReloadPlan plan;
    CHECK_FALSE(plan.next_load());
    for (const auto& row : table) {
        INFO(seconds(row.asked));
        CHECK(plan.loaded(row.list, kStart + row.asked, kStart + row.asked + 100ms) == row.news);
        CHECK(plan.next_load() == kStart + row.next);
    }
    CHECK(plan.steps_back() == 2);
    plan.failed(kStart + 39s);
    CHECK(plan.next_load() == kStart + 42s);
}

TEST_CASE("hls reload: an ended playlist is not loaded again and has no age", "[probes][hls]") {
    ReloadPlan plan;
    auto list = live(1, 3);
    plan.loaded(list, kStart, kStart);
    CHECK(plan.age(kStart + 3s) == 0.5);
    list.ended = true;
    CHECK(plan.loaded(list, kStart + 6s, kStart + 6s) == PlaylistNews::changed);
    CHECK_FALSE(plan.next_load());
    CHECK_FALSE(plan.age(kStart + 7s));
    CHECK_FALSE(plan.edge_age(kStart + 7s));
}

TEST_CASE("hls reload: age counts from the last news, in target durations", "[probes][hls]") {
    ReloadPlan plan;
    CHECK_FALSE(plan.age(kStart));
    plan.loaded(live(1, 3), kStart, kStart + 1s);
    for (int i = 1; i <= 6; ++i) plan.loaded(live(1, 3), kStart + 3s * i, kStart + 3s * i);
    CHECK(plan.age(kStart + 19s) == 3.0);
    CHECK(plan.edge_age(kStart + 19s) == 18s);
    plan.loaded(live(2, 3), kStart + 21s, kStart + 21s);  // news, but no new media
    CHECK(plan.age(kStart + 21s) == 0.0);
    CHECK(plan.edge_age(kStart + 21s) == 20s);
}

TEST_CASE("hls reload: with parts the part target sets the pace", "[probes][hls]") {
    ReloadPlan plan;
    auto list = live(1, 3);
    list.part_target = 1s;
    plan.loaded(list, kStart, kStart);
    CHECK(plan.next_load() == kStart + 1s);
    Segment open;
    open.sequence = 4;
    open.parts = {{.uri = "p", .duration = 1s, .range = {}, .independent = true, .gap = false}};
    list.segments.push_back(open);
    CHECK(plan.loaded(list, kStart + 1s, kStart + 1s) == PlaylistNews::changed);
    CHECK(plan.loaded(list, kStart + 2s, kStart + 2s) == PlaylistNews::unchanged);
    CHECK(plan.next_load() == kStart + 2'500ms);
}

TEST_CASE("hls reload: the start lies three target durations behind the edge", "[probes][hls]") {
    CHECK(start_sequence(live(1, 10)) == 8U);
    CHECK(start_sequence(live(1, 2)) == 1U);
    CHECK_FALSE(start_sequence(live(1, 0)));
    auto held = live(1, 10);
    held.server_control.hold_back = 24s;
    CHECK(start_sequence(held) == 7U);
    auto recording = live(1, 10);
    recording.ended = true;
    CHECK(start_sequence(recording) == 1U);
    auto odd = live(1, 10);
    for (auto& segment : odd.segments) segment.duration = 5s;  // 4 x 5 s are the first to reach 18 s
    CHECK(start_sequence(odd) == 7U);
}

TEST_CASE("hls reload: a blocking reload asks for the next segment or part", "[probes][hls]") {
    auto list = live(1, 10);
    CHECK_FALSE(blocking_reload_query(list));
    list.server_control.can_block_reload = true;
    CHECK(blocking_reload_query(list) == "_HLS_msn=11");
    list.part_target = 1s;
    CHECK(blocking_reload_query(list) == "_HLS_msn=11&_HLS_part=0");
    Segment open;
    open.sequence = 11;
    open.parts.resize(2);
    list.segments.push_back(open);
    CHECK(blocking_reload_query(list) == "_HLS_msn=11&_HLS_part=2");
    list.ended = true;
    CHECK_FALSE(blocking_reload_query(list));
}
