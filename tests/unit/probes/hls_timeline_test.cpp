#include <catch2/catch.hpp>

#include "probes/hls/timeline.h"

using namespace outrider;
using namespace outrider::probes;
using namespace std::chrono_literals;

namespace {

constexpr Duration kFrame = 40ms;

/// Video frames `from` to `to - 1` whose stream time is `offset` + 40 ms each; returns the first one's place.
Duration frames(SegmentTimeline& timeline, int from, int to, Duration offset) {
    Duration first{-1};
    for (int i = from; i < to; ++i) {
        MediaUnit unit;
        unit.dts = unit.pts = offset + kFrame * i;
        if (timeline.place(unit) && first < 0s) first = unit.dts;
    }
    return first;
}

}  // namespace

TEST_CASE("hls timeline: units tell how long segments are, better than the playlist", "[probes][hls]") {
    SegmentTimeline timeline;
    timeline.begin(2s, false);
    CHECK(frames(timeline, 0, 48, 90'000s) == 0s);
    CHECK(timeline.end() == SegmentFacts{1'920ms, 48, true});
    timeline.begin(2s, true);
    CHECK(frames(timeline, 48, 96, 90'000s) == 1'920ms);
    CHECK(timeline.end() == SegmentFacts{1'920ms, 48, true});
    CHECK(timeline.position() == 3'840ms);
    CHECK(timeline.stream_position() == 90'003'840ms);
}

TEST_CASE("hls timeline: an announced discontinuity leaves no trace, an unannounced jump stays", "[probes][hls]") {
    SegmentTimeline timeline;
    timeline.begin(2s, false);
    frames(timeline, 0, 50, 0s);
    timeline.end();
    timeline.begin(2s, false);
    CHECK(frames(timeline, 0, 50, 5'000s) == 2s);
    CHECK(timeline.end().media == 2s);
    timeline.begin(2s, true);
    CHECK(frames(timeline, 50, 100, 9'000s) == 4'004s);  // the lag meter will count it
    CHECK(timeline.end().media == 2s);                   // as announced
}

TEST_CASE("hls timeline: a segment without units counts as announced", "[probes][hls]") {
    SegmentTimeline timeline;
    timeline.begin(2s, false);
    frames(timeline, 0, 50, 700s);
    timeline.end();
    timeline.begin(2s, true);
    CHECK(timeline.end() == SegmentFacts{2s, 0, false});
    CHECK_FALSE(timeline.stream_position());
    timeline.begin(2s, true);
    CHECK(frames(timeline, 100, 150, 700s) == 4s);
}

TEST_CASE("hls timeline: a second try gives only what is new, a third that fails leaves what there was",
          "[probes][hls]") {
    SegmentTimeline timeline;
    timeline.begin(2s, false);
    CHECK(frames(timeline, 0, 20, 0s) == 0s);  // then the connection broke
    timeline.begin_again();
    CHECK(frames(timeline, 0, 50, 0s) == 20 * kFrame);
    CHECK(timeline.end() == SegmentFacts{2s, 50, true});
    timeline.begin(2s, true);
    frames(timeline, 50, 60, 0s);
    timeline.give_up();
    CHECK(timeline.position() == 2'400ms);
    timeline.begin(2s, false);
    CHECK(frames(timeline, 100, 150, 0s) == 2'400ms);
}

TEST_CASE("hls timeline: pictures rarer than parts do not make parts of different length", "[probes][hls]") {
    SegmentTimeline timeline;
    for (int part = 0; part < 12; ++part) {  // of 250 ms with sound; every fourth holds a picture that lasts a second
        timeline.begin(250ms, part > 0, true);
        for (int i = 0; i < 10; ++i) {
            MediaUnit sound;
            sound.kind = TrackKind::audio;
            sound.dts = sound.pts = part * 250ms + i * 25ms;
            CHECK(timeline.place(sound));
        }
        if (part % 4 == 0) {
            MediaUnit picture;
            picture.dts = picture.pts = part * 250ms;
            picture.duration = 1s;
            CHECK(timeline.place(picture));
        }
        INFO(part);
        CHECK(timeline.end().media == 250ms);
    }
    CHECK(timeline.position() == 3s);
}
