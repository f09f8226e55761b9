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

TEST_CASE("hls reload: after a target duration and a little when there was news, after half of one when not",
          "[probes][hls]") {
    // | asked | playlist | news      | next load |
    struct Row {
        Duration asked;
        MediaPlaylist list;
        PlaylistNews news;
        Duration next;
    };
    const std::vector<Row> table{
        {0s, live(1, 10), PlaylistNews::first, 6'375ms},
        {6s, live(2, 11), PlaylistNews::changed, 12'375ms},
        {12s, live(2, 11), PlaylistNews::unchanged, 15s},
        {15s, live(3, 11), PlaylistNews::changed, 21'375ms},  // an old segment was removed
        {21s, live(1, 5), PlaylistNews::went_back, 27'375ms},
        {27s, live(2, 6), PlaylistNews::changed, 33'375ms},
        {33s, live(1, 6), PlaylistNews::went_back, 39'375ms},  // media sequence back, though the edge is not
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
    const PartialSegment part{.uri = "p", .duration = 1s, .range = {}, .independent = true, .gap = false};
    list.part_target = 1s;
    list.segments.back().parts.assign(6, part);
    plan.loaded(list, kStart, kStart);
    CHECK(plan.next_load() == kStart + 1'062'500us);
    Segment open;
    open.sequence = 4;
    open.parts = {part, part};
    list.segments.push_back(open);
    CHECK(plan.loaded(list, kStart + 1s, kStart + 1s) == PlaylistNews::changed);
    CHECK(plan.loaded(list, kStart + 2s, kStart + 2s) == PlaylistNews::unchanged);
    CHECK(plan.next_load() == kStart + 2'500ms);
    list.segments.back().parts.pop_back();
    CHECK(plan.loaded(list, kStart + 3s, kStart + 3s) == PlaylistNews::went_back);
    plan.failed(kStart + 4s);  // as if there were no parts: an outage is not to be met with haste
    CHECK(plan.next_load() == kStart + 7s);
}

TEST_CASE("hls reload: a server that offers no parts any more takes nothing back", "[probes][hls]") {
    ReloadPlan plan;
    auto list = live(1, 3);
    list.part_target = 1s;
    auto parts = list;
    parts.segments.emplace_back().sequence = 4;
    parts.segments.back().parts = {{.uri = "p", .duration = 1s, .range = {}, .independent = true, .gap = false}};
    plan.loaded(parts, kStart, kStart);
    CHECK(plan.loaded(list, kStart + 1s, kStart + 1s) == PlaylistNews::unchanged);
    CHECK(plan.next_load() == kStart + 4s);  // half a target duration
    CHECK(plan.edge_age(kStart + 2s) == 2s);
    CHECK(plan.loaded(live(1, 4), kStart + 4s, kStart + 4s) == PlaylistNews::changed);
    CHECK(plan.steps_back() == 0);
}

TEST_CASE("hls reload: where requests are held back the next one follows at once, but not endlessly fast",
          "[probes][hls]") {
    // | asked | answered | newest | next load | why
    struct Row {
        Duration asked;
        Duration answered;
        std::uint64_t last;
        Duration next;
    };
    const std::vector<Row> table{
        {0s, 0s, 5, 6'375ms},          // not held back: nothing to compare with
        {6s, 7s, 6, 7'500ms},          // news at once: a quarter of the target duration
        {7'500ms, 13s, 7, 13s},        // held back until there was news
        {13s, 13'100ms, 7, 16s},       // it did not hold it back: as if it offered nothing
        {16s, 16'100ms, 6, 22'375ms},  // an older copy
        {22s, 22'100ms, 7, 23'500ms},
    };
    ReloadPlan plan;
    for (const auto& row : table) {
        INFO(seconds(row.asked));
        auto list = live(1, row.last);
        list.server_control.can_block_reload = true;
        (void)plan.loaded(list, kStart + row.asked, kStart + row.answered);
        CHECK(plan.next_load() == kStart + row.next);
    }
}

TEST_CASE("hls reload: a low-latency viewer starts at a keyframe behind PART-HOLD-BACK", "[probes][hls]") {
    // | segments 8 and 9, then parts of 10, 1 s each; i: independent | hold back | start |
    struct Row {
        std::string_view parts_of_9;
        std::string_view parts_of_10;
        std::optional<Duration> hold_back;
        Place start;
    };
    const std::vector<Row> table{
        {"i__i__", "i__", 3s, {10, 0}},
        {"i__i__", "i__", 3'001ms, {9, 3}},
        {"i__i__", "i__", std::nullopt, {10, 0}},  // three part targets
        {"i__i__", "iii", 1s, {10, 1}},            // less than two is not believed
        {"i_____", "", 3s, {9, 0}},
        {"______", "___", 6s, {9, 0}},  // what begins a segment is taken for a keyframe
        {"i__i__", "i__", 10s, {8, 0}},
        {"i__i__", "i__", 100s, {1, 0}},
    };
    for (const auto& row : table) {
        INFO(row.parts_of_9 << " " << row.parts_of_10);
        auto list = live(1, 9);
        list.part_target = 1s;
        list.server_control.part_hold_back = row.hold_back;
        const auto add = [](Segment& segment, std::string_view parts) {
            for (const char c : parts)
                segment.parts.push_back(
                    {.uri = "p", .duration = 1s, .range = {}, .independent = c == 'i', .gap = false});
        };
        add(list.segments.back(), row.parts_of_9);
        if (!row.parts_of_10.empty()) {
            list.segments.emplace_back().sequence = 10;
            add(list.segments.back(), row.parts_of_10);
        }
        CHECK(start_place(list) == row.start);
        list.ended = true;
        CHECK(start_place(list) == Place{1, 0});
    }
}

TEST_CASE("hls reload: the start lies three target durations behind the edge", "[probes][hls]") {
    CHECK(start_place(live(1, 10)) == Place{8, 0});
    CHECK(start_place(live(1, 2)) == Place{1, 0});
    CHECK_FALSE(start_place(live(1, 0)));
    auto held = live(1, 10);
    held.server_control.hold_back = 24s;
    CHECK(start_place(held) == Place{7, 0});
    auto recording = live(1, 10);
    recording.ended = true;
    CHECK(start_place(recording) == Place{1, 0});
    auto odd = live(1, 10);
    for (auto& segment : odd.segments) segment.duration = 5s;  // 4 x 5 s are the first to reach 18 s
    CHECK(start_place(odd) == Place{7, 0});
}

TEST_CASE("hls reload: a blocking reload asks for the next segment or part", "[probes][hls]") {
    auto list = live(1, 10);
    CHECK_FALSE(blocking_reload_query(list));
    list.server_control.can_block_reload = true;
    CHECK(blocking_reload_query(list) == "_HLS_msn=11");
    list.part_target = 1s;
    CHECK(blocking_reload_query(list) == "_HLS_msn=11");  // no parts there
    list.segments.back().parts.resize(6);
    CHECK(blocking_reload_query(list) == "_HLS_msn=11&_HLS_part=0");
    Segment open;
    open.sequence = 11;
    open.parts.resize(2);
    list.segments.push_back(open);
    CHECK(blocking_reload_query(list) == "_HLS_msn=11&_HLS_part=2");
    list.ended = true;
    CHECK_FALSE(blocking_reload_query(list));
    auto slow = live(1, 10);
    slow.server_control.can_block_reload = true;
    slow.target_duration = 10s;  // a connection that is silent for that long is taken for dead
    CHECK_FALSE(blocking_reload_query(slow));
}
