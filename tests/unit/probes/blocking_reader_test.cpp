#include "probes/net/blocking_reader.h"

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>
#include <atomic>
#include <catch2/catch.hpp>
#include <cstring>
#include <latch>
#include <numeric>
#include <optional>

#include "probes/net/byte_batch.h"
#include "probes/net/resolver.h"
#include "support/manual_clock.h"

using namespace outrider;
using namespace outrider::probes;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t kStack = 64 * 1024;

struct Numbers {
    std::vector<int> values;
    [[nodiscard]] bool pressing() const { return values.size() >= 4; }
    [[nodiscard]] bool full() const { return values.size() >= 8; }
    void clear() { values.clear(); }
};

using Reader = BlockingReader<Numbers>;

/// Runs `body` to its end on a reader whose batches go to `taken`.
Outcome run(asio::io_context& io, Reader& reader, const Reader::Body& body) {
    std::optional<Outcome> outcome;
    asio::co_spawn(
        io, [&]() -> asio::awaitable<void> { outcome = co_await reader.run("test", kStack, body); }, asio::detached);
    io.restart();
    io.run();
    REQUIRE(outcome);
    return *outcome;
}

bool push(Reader::Feed& feed, int value) {
    return feed.add([value](Numbers& batch) { batch.values.push_back(value); });
}

}  // namespace

TEST_CASE("blocking reader: everything arrives once, in order, in bounded batches", "[probes][reader]") {
    asio::io_context io{1};
    std::vector<int> taken;
    std::size_t largest = 0;
    Reader reader{io, [&](Numbers& batch) {
                      largest = std::max(largest, batch.values.size());
                      taken.insert(taken.end(), batch.values.begin(), batch.values.end());
                  }};
    constexpr int count = 20'000;
    const auto outcome = run(io, reader, [](Reader::Feed& feed) {
        for (int i = 0; i < count; ++i)
            if (!push(feed, i)) return Outcome::stopped;
        return Outcome::ended;
    });
    CHECK(outcome == Outcome::ended);
    std::vector<int> wanted(count);
    std::iota(wanted.begin(), wanted.end(), 0);
    CHECK(taken == wanted);
    CHECK(largest <= 8);
}

TEST_CASE("blocking reader: an interrupt ends a worker that waits for room", "[probes][reader]") {
    asio::io_context io{1};
    Reader* self = nullptr;
    int batches = 0;
    Reader reader{io, [&](Numbers&) {
                      if (++batches == 1) self->interrupt();
                  }};
    self = &reader;
    std::atomic<bool> refused{false};
    const auto endless = [&](Reader::Feed& feed) {
        while (push(feed, 1)) continue;
        refused = feed.stopping();
        return Outcome::stopped;
    };
    CHECK(run(io, reader, endless) == Outcome::stopped);
    CHECK(refused);
    CHECK(run(io, reader, endless) == Outcome::stopped);  // and a later run ends at once
}

TEST_CASE("blocking reader: it can be stopped, and run again", "[probes][reader]") {
    asio::io_context io{1};
    Reader* self = nullptr;
    Reader reader{io, [&](Numbers&) { self->stop(); }};
    self = &reader;
    for (int i = 0; i < 50; ++i) {
        const auto outcome = run(io, reader, [](Reader::Feed& feed) {
            while (push(feed, 1)) continue;
            return Outcome::malformed;
        });
        CHECK(outcome == Outcome::malformed);
    }
}

TEST_CASE("blocking reader: what is not pressing waits for a look, or for the end", "[probes][reader]") {
    asio::io_context io{1};
    std::vector<int> taken;
    Reader reader{io, [&](Numbers& batch) { taken.insert(taken.end(), batch.values.begin(), batch.values.end()); }};
    std::latch looked{1};
    const auto outcome = run(io, reader, [&](Reader::Feed& feed) {
        push(feed, 1);
        asio::post(io, [&] {
            CHECK(taken.empty());
            reader.look();
            CHECK(taken == std::vector{1});
            looked.count_down();
        });
        looked.wait();
        push(feed, 2);
        return Outcome::ended;
    });
    CHECK(outcome == Outcome::ended);
    CHECK(taken == std::vector{1, 2});
}

TEST_CASE("byte batch: pieces keep their bounds and arrivals", "[probes][reader]") {
    const outrider::test::ManualClock clock;
    ByteBatch batch;
    const std::array<std::byte, 3> first{std::byte{1}, std::byte{2}, std::byte{3}};
    batch.append(first, clock.now());
    batch.append(std::span{first}.first(1), clock.now() + 1s);
    REQUIRE(batch.pieces.size() == 2);
    CHECK(batch.pieces[0].size == 3);
    CHECK(batch.pieces[1].arrival == clock.now() + 1s);
    CHECK(batch.bytes.size() == 4);
    CHECK_FALSE(batch.full());
    CHECK_FALSE(batch.pressing());
    const std::vector<std::byte> large(ByteBatch::kFull);
    batch.append(large, clock.now());
    CHECK(batch.full());
    batch.clear();
    CHECK_FALSE(batch.full());
    CHECK(batch.bytes.capacity() <= ByteBatch::kKept);
}

TEST_CASE("resolver: numbers are their own answer, names are looked up, a lookup can be cancelled",
          "[probes][resolver]") {
    asio::io_context io{1};
    Resolver resolver{io};
    std::vector<std::size_t> counts;
    std::string first_v6;
    asio::co_spawn(
        io,
        [&]() -> asio::awaitable<void> {
            counts.push_back((co_await resolver.resolve("192.0.2.7")).size());
            first_v6 = (co_await resolver.resolve("[2001:db8::7]")).front().to_string();
            counts.push_back((co_await resolver.resolve("no-such-host.invalid")).size());
            const auto local = co_await resolver.resolve("localhost");
            counts.push_back(local.empty() ? 0 : 1);
            asio::post(io, [&] { resolver.cancel(); });
            counts.push_back((co_await resolver.resolve("no-such-host-either.invalid")).size());
        },
        asio::detached);
    io.run();
    CHECK(counts == std::vector<std::size_t>{1, 0, 1, 0});
    CHECK(first_v6 == "2001:db8::7");
}

TEST_CASE("resolver: it may die while its thread looks up", "[probes][resolver]") {
    for (int i = 0; i < 20; ++i) {
        asio::io_context io{1};
        Resolver resolver{io};
        asio::co_spawn(
            io, [&]() -> asio::awaitable<void> { co_await resolver.resolve("no-such-host.invalid"); }, asio::detached);
        io.poll_one();
    }
}
