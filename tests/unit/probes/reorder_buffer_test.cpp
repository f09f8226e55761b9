#include "probes/meters/reorder_buffer.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

using namespace outrider;
using namespace outrider::probes;
using namespace std::chrono_literals;

namespace {

const Instant kStart{1'700'000'000s};

/// Runs packets through a buffer; each bears its number in its size.
struct Line {
    ReorderBuffer buffer;
    std::vector<int> out;
    std::vector<Instant> at;

    explicit Line(ReorderLimits limits = {}) : buffer(limits) {}
    auto deliver() {
        return [this](std::span<const std::byte> payload, Instant when) {
            out.push_back(static_cast<int>(payload.size()));
            at.push_back(when);
        };
    }
    void push(int number, Duration when) {
        const std::vector<std::byte> payload(static_cast<std::size_t>(number));
        buffer.push(static_cast<std::uint64_t>(number), payload, kStart + when, deliver());
    }
};

}  // namespace

TEST_CASE("reorder buffer: packets come out in order, each in its turn", "[probes][rtp][reorder]") {
    Line line;
    line.push(10, 0ms);
    line.push(12, 10ms);
    line.push(13, 20ms);
    CHECK(line.out == std::vector{10});
    line.push(11, 30ms);
    line.push(14, 40ms);
    CHECK(line.out == std::vector{10, 11, 12, 13, 14});
    CHECK(line.at == std::vector{kStart, kStart + 30ms, kStart + 30ms, kStart + 30ms, kStart + 40ms});
    CHECK(line.buffer.held() == 0);
    CHECK(line.buffer.held_bytes() == 0);
}

TEST_CASE("reorder buffer: what is missing is waited for no longer than the limit", "[probes][rtp][reorder]") {
    Line line;
    line.push(10, 0ms);
    line.push(12, 10ms);
    line.buffer.release(kStart + 109ms, line.deliver());
    CHECK(line.out == std::vector{10});
    line.buffer.release(kStart + 110ms, line.deliver());
    CHECK(line.out == std::vector{10, 12});
    CHECK(line.at[1] == kStart + 110ms);
    line.push(11, 120ms);  // its turn is past
    CHECK(line.out == std::vector{10, 12});
    CHECK(line.buffer.too_late() == 1);
    SECTION("a packet that comes is enough to notice") {
        line.push(14, 200ms);
        line.push(15, 300ms);
        CHECK(line.out == std::vector{10, 12, 14, 15});
    }
}

TEST_CASE("reorder buffer: number and bytes are bounded", "[probes][rtp][reorder]") {
    SECTION("number") {
        Line line{{.packets = 3, .bytes = 1'000'000, .wait = 10s}};
        line.push(1, 0ms);
        for (int n = 3; n < 6; ++n) line.push(n, 1ms);
        CHECK(line.out == std::vector{1});
        line.push(6, 1ms);
        CHECK(line.out == std::vector{1, 3, 4, 5, 6});
    }
    SECTION("bytes") {
        Line line{{.packets = 100, .bytes = 1'000, .wait = 10s}};
        line.push(100, 0ms);
        line.push(500, 1ms);
        CHECK(line.buffer.held_bytes() == 500);
        line.push(501, 1ms);
        CHECK(line.out == std::vector{100, 500, 501});
        CHECK(line.buffer.held_bytes() == 0);
    }
}

TEST_CASE("reorder buffer: repetitions come out once, and a new sequence may begin anywhere",
          "[probes][rtp][reorder]") {
    Line line;
    line.push(10, 0ms);
    line.push(12, 1ms);
    line.push(12, 2ms);
    line.push(11, 3ms);
    line.push(11, 4ms);
    CHECK(line.out == std::vector{10, 11, 12});
    line.push(14, 5ms);
    line.buffer.flush(kStart + 6ms, line.deliver());
    line.push(3, 7ms);
    CHECK(line.out == std::vector{10, 11, 12, 14, 3});
}
