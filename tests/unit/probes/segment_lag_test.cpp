#include "probes/meters/segment_lag.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <functional>
#include <random>

using namespace outrider;
using namespace outrider::probes;
using namespace std::chrono_literals;

namespace {

const Instant kStart{1'700'000'000s};
constexpr Duration kHeartbeat = 200ms;
constexpr Duration kTrip = 30ms;  // a playlist's request and answer

/// A server that publishes segment k when its media is complete plus `late(k)`, and a viewer who looks as RFC 8216
/// 6.3.4 says and fetches what is new, all in virtual time.
struct World {
    Duration segment = 2s;
    Duration target = 2s;
    Duration phase = 700ms;  // of publishing against the viewer's first look
    double ppm = 0;          // by which the encoder's clock is slow: its seconds last that much longer
    Duration slip{};         // by which each look comes later than RFC 8216 says, as a busy viewer's do
    std::function<Duration(int)> late = [](int) { return 0ms; };
    std::function<Duration(int)> fetch_takes = [](int) { return 150ms; };

    SegmentLag lag;
    std::vector<std::pair<Duration, double>> beats;  // when, lag

    [[nodiscard]] Duration published(int k) const {
        return segment * (k + 1) + from_seconds(seconds(segment) * (k + 1) * ppm * 1e-6) - phase + late(k);
    }

    void beat_until(Duration until) {
        for (; next_beat_ <= until; next_beat_ += kHeartbeat)
            if (const auto value = lag.lag(kStart + next_beat_)) beats.emplace_back(next_beat_, seconds(*value));
    }

    void run(Duration length) {
        lag.set_target_duration(target);
        Duration now = 0s;
        int next = -3;  // the first look shows three segments
        while (now < length) {
            const auto asked = now;
            lag.look_begins(kStart + now);
            beat_until(now + kTrip);
            now += kTrip;
            int fresh = 0;
            while (published(next + fresh) <= asked + kTrip / 2) ++fresh;
            lag.look_ends(kStart + now, static_cast<std::size_t>(fresh));
            for (int i = 0; i < fresh; ++i) {
                lag.fetch_begins(kStart + now, segment);
                beat_until(now + fetch_takes(next));
                now += fetch_takes(next++);
                lag.fetch_ends(kStart + now, segment);
            }
            const auto next_look = std::max(now, asked + slip + (fresh > 0 ? target : target / 2));
            beat_until(next_look);
            now = next_look;
        }
    }

    [[nodiscard]] double worst(Duration from = 0s, Duration to = 24h) const {
        double found = 0;
        for (const auto& [at, value] : beats)
            if (at >= from && at <= to) found = std::max(found, value);
        return found;
    }

private:
    Duration next_beat_ = 0s;
};

}  // namespace

TEST_CASE("segment lag: a healthy stream has none, whatever the rhythms", "[probes][hls][lag]") {
    struct Row {
        Duration segment;
        Duration target;
        Duration phase;
    };
    const auto row = GENERATE(values<Row>({{2s, 2s, 0s},
                                           {2s, 2s, 700ms},
                                           {2s, 2s, 1'999ms},
                                           {5'005ms, 6s, 2s},
                                           {6'400ms, 6s, 3s},
                                           {1'920ms, 2s, 1s},
                                           {4'171ms, 5s, 100ms},
                                           {10s, 10s, 5s}}));
    INFO(seconds(row.segment) << " of " << seconds(row.target) << ", phase " << seconds(row.phase));
    World world;
    world.segment = row.segment;
    world.target = row.target;
    world.phase = row.phase;
    world.run(30min);
    REQUIRE(world.beats.size() > 5'000);
    CHECK(world.worst() < seconds(kHeartbeat));
}

TEST_CASE("segment lag: jitter of publishing and fetching shows as such", "[probes][hls][lag]") {
    std::mt19937 random{7};
    World world;
    world.segment = 4s;
    world.target = 4s;
    std::vector<Duration> jitter(1000);
    for (auto& j : jitter)
        j = Duration{std::uniform_int_distribution<Duration::rep>{0, Duration{150ms}.count()}(random)};
    world.late = [&](int k) { return k < 0 ? 0ms : jitter[static_cast<std::size_t>(k)]; };
    world.fetch_takes = [&](int k) {
        return 100ms + (k < 0 ? 0ms : jitter[static_cast<std::size_t>(k * 7 + 3) % 1000]);
    };
    world.run(20min);
    CHECK(world.worst() < 0.15 + 0.15 + seconds(kHeartbeat));
}

TEST_CASE("segment lag: a segment late by d shows d, within a look of it", "[probes][hls][lag]") {
    const Duration d = GENERATE(3s, 5s, 10s, 31s);
    World world;
    world.phase = 0s;
    world.late = [d](int k) { return k < 50 ? Duration{0} : std::max<Duration>(0s, d - 2s * (k - 50)); };
    world.run(5min);
    INFO("late by " << seconds(d) << ", read as " << world.worst());
    CHECK(world.worst(0s, 100s) < seconds(kHeartbeat));
    CHECK(world.worst() >= seconds(d) - 1);  // looks are a second apart while there is no news
    CHECK(world.worst() <= seconds(d) + 1 + seconds(kHeartbeat));
    CHECK(world.worst(200s) < seconds(kHeartbeat));  // and it recovers
}

TEST_CASE("segment lag: where the server holds requests back, d is read exactly", "[probes][hls][lag]") {
    SegmentLag lag;
    lag.set_target_duration(4s);
    const auto serve = [&lag](Duration asked, Duration answered) {
        lag.look_begins(kStart + asked);
        lag.look_ends(kStart + answered, 1, true);
        lag.fetch_begins(kStart + answered, 1s);
        lag.fetch_ends(kStart + answered + 50ms, 1s);
        return seconds(*lag.lag(kStart + answered + 50ms));
    };
    for (int i = 0; i < 20; ++i) CHECK(serve(1s * i + 60ms, 1s * (i + 1)) == Approx(0).margin(1e-9));
    CHECK(serve(20s + 60ms, 21'300ms) == Approx(0.3));
    CHECK(serve(21'360ms, 22s) == Approx(0).margin(1e-9));
}

TEST_CASE("segment lag: a stale playlist grows with the clock", "[probes][hls][lag]") {
    World world;
    world.phase = 0s;
    world.late = [](int k) { return k >= 50 ? Duration{1h} : Duration{0}; };
    world.run(3min);
    // Segment 50 is due at 102 s.
    for (const auto& [at, value] : world.beats)
        if (at > 106s) CHECK(value == Approx(seconds(at - 102s)).margin(0.25));
}

TEST_CASE("segment lag: so does a playlist or a segment whose answer does not come", "[probes][hls][lag]") {
    SegmentLag lag;
    lag.set_target_duration(2s);
    for (int i = 0; i < 10; ++i) {
        lag.look_begins(kStart + 2s * i);
        lag.look_ends(kStart + 2s * i, 1);
        lag.fetch_begins(kStart + 2s * i, 2s);
        lag.fetch_ends(kStart + 2s * i + 100ms, 2s);
    }
    lag.look_begins(kStart + 20s);
    CHECK(lag.lag(kStart + 20s) == 0s);
    CHECK(lag.lag(kStart + 27s) == 7s);
    lag.look_ends(kStart + 27s, 1);
    lag.fetch_begins(kStart + 27s, 2s);
    CHECK(seconds(*lag.lag(kStart + 33s)) == Approx(5.9));  // begun when it was due, as far as anybody knows
}

TEST_CASE("segment lag: segments that take longer to fetch than to play add up", "[probes][hls][lag]") {
    World world;
    world.fetch_takes = [](int k) { return k >= 50 && k < 60 ? Duration{3s} : 150ms; };
    world.run(5min);
    CHECK(world.worst() == Approx(10 * 1.0 + 1.85).margin(0.6));
    CHECK(world.worst(4min) < seconds(kHeartbeat));
}

TEST_CASE("segment lag: gaps, restarts and failures", "[probes][hls][lag]") {
    SegmentLag lag;
    CHECK_FALSE(lag.lag(kStart));
    lag.set_target_duration(2s);
    const auto good = [&lag](Duration at) {
        lag.look_begins(kStart + at);
        lag.look_ends(kStart + at, 1);
        lag.fetch_begins(kStart + at, 2s);
        lag.fetch_ends(kStart + at + 100ms, 2s);
    };
    for (int i = 0; i < 10; ++i) good(2s * i);
    lag.look_begins(kStart + 20s);
    lag.look_ends(kStart + 20s, 1);
    lag.pass_over(2s);  // a gap
    good(22s);
    CHECK(lag.lag(kStart + 23s) == 0s);
    lag.restart();
    CHECK_FALSE(lag.lag(kStart + 23s));
    good(60s);
    CHECK(lag.lag(kStart + 61s) == 0s);

    lag.look_begins(kStart + 62s);
    lag.look_ends(kStart + 62s, 1);
    lag.fetch_begins(kStart + 62s, 2s);
    lag.fetch_failed(kStart + 64s);
    CHECK(seconds(*lag.lag(kStart + 64s)) == Approx(2.0).margin(0.11));
    lag.fetch_begins(kStart + 65s, 2s);
    lag.fetch_ends(kStart + 65'100ms, 2s);
    CHECK(seconds(*lag.lag(kStart + 65'100ms)) >= 2.0);
}

TEST_CASE("segment lag: drift of the encoder's clock is no lag, in an hour of it", "[probes][hls][lag][drift]") {
    // Looks that wander over all phases of publishing meet the moment of it from both sides.
    struct Row {
        Duration segment;
        Duration target;
        Duration slip;
    };
    const auto row =
        GENERATE(values<Row>({{2s, 2s, 13ms}, {2s, 2s, 90ms}, {6s, 6s, 37ms}, {4s, 1s, 7ms}, {1s, 1s, 3ms}}));
    const auto ppm = GENERATE(-2000, -1000, 1000, 2000);
    World world;
    world.segment = row.segment;
    world.target = row.target;
    world.slip = row.slip;
    world.ppm = ppm;
    world.run(1h);
    INFO(seconds(row.segment) << " of " << seconds(row.target) << ", looks slip by " << seconds(row.slip) << ", " << ppm
                              << " ppm: worst lag " << world.worst());
    REQUIRE(world.beats.size() > 17'000);
    CHECK(world.worst() < 0.15);
}

TEST_CASE("segment lag: where looks keep their phase, drift shows for a few seconds at most, once",
          "[probes][hls][lag][drift]") {
    // Drift shows itself only when it has carried publishing past the moment of looking: by half a target duration
    // then, which until that moment nothing told from a segment that is late once.
    const auto target = GENERATE(values<Duration>({1s, 2s, 6s}));
    const auto ppm = GENERATE(-2000, -1000, 1000, 2000);
    World world;
    world.segment = world.target = target;
    world.ppm = ppm;
    world.run(1h);
    INFO("target " << seconds(target) << ", " << ppm << " ppm: worst lag " << world.worst());
    CHECK(world.worst() <= seconds(target / 2));
    CHECK(std::ranges::count_if(world.beats, [](const auto& beat) { return beat.second > 0.2; }) <= 15);  // 3 s
    CHECK(world.worst(20min + 1min) < 0.2);
}

TEST_CASE("segment lag: a stream delivered at 99 % of its pace falls behind", "[probes][hls][lag][drift]") {
    World world;
    world.slip = 13ms;
    world.late = [](int k) { return std::max<Duration>(0s, 20ms * (k - 300)); };  // from 600 s on, 2 s a segment
    world.run(900s);
    CHECK(world.worst(0s, 600s) < seconds(kHeartbeat));
    // 300 s at 1 % are 3 s; looks are up to a second apart.
    CHECK(world.worst(840s) == Approx(3.0).margin(0.6));
}

TEST_CASE("segment lag: where appearance is seen exactly, 200 ms more in a minute are 200 ms",
          "[probes][hls][lag][drift]") {
    SegmentLag lag;
    lag.set_target_duration(4s);
    const auto lag_after = [&lag](int i, Duration late) {
        lag.look_begins(kStart + 1s * i + 500ms);
        lag.look_ends(kStart + 1s * (i + 1) + late, 1, true);
        lag.fetch_begins(kStart + 1s * (i + 1) + late, 1s);
        lag.fetch_ends(kStart + 1s * (i + 1) + late + 50ms, 1s);
        return seconds(*lag.lag(kStart + 1s * (i + 1) + late + 50ms));
    };
    int i = 0;
    for (; i < 600; ++i) CHECK(lag_after(i, 0ms) == Approx(0).margin(1e-6));
    for (; i < 660; ++i) lag_after(i, 200ms * (i - 600) / 60);
    for (; i < 900; ++i) CHECK(lag_after(i, 200ms) == Approx(0.2).margin(0.02));
}

TEST_CASE("segment lag: parts that become a whole, and the reverse, are not late", "[probes][hls][lag]") {
    SegmentLag lag;
    const auto serve = [&lag](Duration asked, Duration answered, std::size_t fresh) {
        lag.look_begins(kStart + asked);
        lag.look_ends(kStart + answered, fresh, true);
    };
    const auto fetch = [&lag](Duration at, Duration media) {
        lag.fetch_begins(kStart + at, media);
        lag.fetch_ends(kStart + at + 10ms, media);
    };
    lag.set_target_duration(500ms);
    for (int i = 1; i <= 20; ++i) {
        serve(500ms * (i - 1), 500ms * i, 1);
        fetch(500ms * i, 500ms);
    }
    // Three parts are announced, then their segment as a whole: it appeared with the last of them.
    for (int i = 21; i <= 23; ++i) serve(500ms * (i - 1), 500ms * i, 1);
    serve(11'500ms, 12s, 1);
    lag.keep_announced(1);
    fetch(12s, 2s);
    CHECK(seconds(*lag.lag(kStart + 12'010ms)) == Approx(0).margin(1e-9));
    // From here on segments of 2 s: the next is due at 14, not half a second later.
    lag.pieces_change();
    lag.set_target_duration(2s);
    lag.look_begins(kStart + 12s);
    lag.look_ends(kStart + 12'020ms, 0);
    CHECK(seconds(*lag.lag(kStart + 13'900ms)) == Approx(0).margin(1e-9));
    serve(13'900ms, 14s, 1);
    fetch(14s, 2s);
    CHECK(seconds(*lag.lag(kStart + 14'010ms)) == Approx(0).margin(1e-9));
}
