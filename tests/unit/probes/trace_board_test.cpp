#include "probes/trace_board.h"

#include <catch2/catch.hpp>
#include <chrono>

using namespace outrider;
using namespace outrider::probes;

TEST_CASE("trace: the newest events of a target are kept, numbered without regard to what was dropped",
          "[probes][trace]") {
    TraceBoard board;
    constexpr TargetId one{1};
    for (int i = 1; i <= 100; ++i)
        board.note(one, Instant{std::chrono::seconds{i}}, TraceKind::connect, std::to_string(i));
    const auto events = board.events(one);
    REQUIRE(events.size() == TraceBoard::kKept);
    CHECK(events.front().number == 37);
    CHECK(
        events.back() ==
        TraceEvent{.number = 100, .at = Instant{std::chrono::seconds{100}}, .kind = TraceKind::connect, .text = "100"});
    CHECK(board.events(one, 98).size() == 2);
    CHECK(board.events(one, 100).empty());
    CHECK(board.events(TargetId{2}).empty());
}

TEST_CASE("trace: text is bounded, whole in its last character, and cannot move a terminal's cursor",
          "[probes][trace]") {
    TraceBoard board;
    board.note(TargetId{}, {}, TraceKind::response, "a\x1b[2Jb\nc");
    board.note(TargetId{}, {}, TraceKind::response, std::string(TraceEvent::kMaxText - 1, 'x') + "é");
    const auto events = board.events(TargetId{});
    REQUIRE(events.size() == 2);
    CHECK(events[0].text == "a?[2Jb\nc");
    CHECK(events[1].text == std::string(TraceEvent::kMaxText - 1, 'x'));
}
