// Lag read back through the whole chain, from the bytes of a container to the reading, in virtual time: known delays
// and silences, an hour of drift across a wrap of the timestamps, and timestamps that jump.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstdint>
#include <optional>
#include <random>
#include <span>
#include <vector>

#include "flv_builder.h"
#include "probes/meters/flv.h"
#include "probes/meters/mpegts.h"
#include "probes/meters/stream_meter.h"
#include "ts_builder.h"

using namespace outrider;
using namespace outrider::probes;
using namespace outrider::probes::test;
using namespace std::chrono_literals;

namespace {

const Instant kStart{1'700'000'000s};
constexpr Duration kFrame = 40ms;
constexpr Duration kUsual = 20ms;  // what a unit takes on its way when all is well

/// What both containers share: units into the meter of a session, readings out of it.
class Chain {
public:
    Chain() { stream_.connection_begins(kStart); }

    [[nodiscard]] double value(Metric metric, Duration at) {
        for (const auto& reading : stream_.readings(kStart + at))
            if (reading.metric == metric) return reading.value;
        FAIL("no such reading");
        return 0;
    }
    [[nodiscard]] double lag(Duration at) { return value(Metric::lag_seconds, at); }
    [[nodiscard]] double restarts(Duration at) { return value(Metric::timeline_restarts_total, at); }

protected:
    MediaUnits units_;
    void pass_on() {
        for (const auto& unit : units_) stream_.on_unit(unit);
        units_.clear();
    }

private:
    StreamMeter stream_{{{.name = "1s", .start = 1s, .resume = 1s}}, kStart};
};

/// Milliseconds of 32 bits.
class FlvChain : public Chain {
public:
    static constexpr Duration kWrap = 1ms * (std::int64_t{1} << 32);

    /// A picture, or a frame of audio, of that media time arrives.
    void take(Duration media, Duration arrival, bool audio = false) {
        const auto stamp = static_cast<std::uint32_t>(std::chrono::round<std::chrono::milliseconds>(media).count());
        FlvBuilder flv;
        if (first_) flv.file_header();
        first_ = false;
        if (audio) {
            flv.audio(stamp);
        } else {
            flv.video(stamp, true, 10);
        }
        if (!meter_.feed(flv.bytes(), kStart + arrival, units_)) FAIL(meter_.error());
        pass_on();
    }

private:
    bool first_ = true;
    FlvMeter meter_;
};

/// 90 kHz of 33 bits; tables once a second of pictures, as the standard wants.
class TsChain : public Chain {
public:
    static constexpr Duration kWrap = 1s * (std::int64_t{1} << 33) / 90'000;

    void take(Duration media, Duration arrival, bool audio = false) {
        const auto ticks = static_cast<std::uint64_t>(std::llround(seconds(media) * 90'000)) & ((1ULL << 33) - 1);
        if (pictures_ % 25 == 0) ts_.pat().pmt();
        if (audio) {
            ts_.pes(kAudioPid, 0xC0, {ticks, {}}, TsBuilder::adts(50), true);
        } else {
            ts_.pes(kVideoPid, 0xE0, {ticks, {}}, TsBuilder::h264(true, 50), true);
            ++pictures_;
        }
        for (; fed_ < ts_.packets().size(); ++fed_)
            if (!meter_.feed(std::as_bytes(std::span{ts_.packets()[fed_]}), kStart + arrival, units_))
                FAIL(meter_.error());
        pass_on();
    }

private:
    TsBuilder ts_;
    std::size_t fed_ = 0;
    int pictures_ = 0;
    TsMeter meter_;
};

}  // namespace

TEMPLATE_TEST_CASE("lag truth: a silence is read as long as it is, and is over when the backlog is in", "[probes][lag]",
                   FlvChain, TsChain) {
    const auto silence = GENERATE(Duration{320ms}, Duration{1'520ms}, Duration{20s});
    TestType chain;
    constexpr Duration begins = 10s;
    for (Duration media{}; media < begins; media += kFrame) chain.take(10s + media, media + kUsual);
    // The next picture is due at 10.02 s; whenever somebody looks, it is as late as the clock says.
    for (auto at = begins + kUsual; at < begins + silence; at += 37ms)
        CHECK(chain.lag(at) == Approx(seconds(at - begins - kUsual)).margin(1e-3));
    for (auto media = begins; media < begins + silence; media += kFrame)
        chain.take(10s + media, begins + silence + kUsual);
    for (auto media = begins + silence; media < begins + silence + 1s; media += kFrame) {
        chain.take(10s + media, media + kUsual);
        CHECK(chain.lag(media + kUsual) == Approx(0).margin(1e-3));
    }
    CHECK(chain.restarts(begins + silence + 1s) == 0);
}

TEMPLATE_TEST_CASE("lag truth: a longer way is lag for as long as it is longer", "[probes][lag]", FlvChain, TsChain) {
    const auto longer = GENERATE(Duration{50ms}, Duration{200ms}, Duration{3s});
    TestType chain;
    for (Duration media{}; media < 30s; media += kFrame) {
        const bool far = media >= 10s && media < 20s;
        // Pictures keep their order: nothing overtakes what is still on the longer way.
        const auto arrival =
            std::max(media + kUsual + (far ? longer : Duration{0}), media < 20s ? Duration{0} : 20s + longer);
        chain.take(10s + media, arrival);
        if (far) CHECK(chain.lag(arrival) == Approx(seconds(longer)).margin(1e-3));
        if ((media >= 1s && media < 10s) || media >= 20s + longer) CHECK(chain.lag(arrival) == Approx(0).margin(1e-3));
    }
    CHECK(chain.restarts(30s + longer) == 0);
}

TEMPLATE_TEST_CASE("lag truth: an hour of encoder drift across a wrap is no lag and no restart", "[probes][lag]",
                   FlvChain, TsChain) {
    // The encoder's clock runs 1,000 ppm fast or slow; its timestamps wrap after half an hour, then with audio 60 ms
    // behind, so that for two pictures one track is beyond the wrap and the other is not. Arrival jitters by 10 ms.
    const auto ppm = GENERATE(-1'000, 1'000);
    TestType chain;
    std::mt19937 random{42};
    std::uniform_int_distribution<int> jitter_us{0, 10'000};
    double worst_learning = 0, worst = 0;
    constexpr int frames = 3'600 * 25;
    for (int i = 0; i < frames; ++i) {
        const auto real = kFrame * i;
        const auto media = TestType::kWrap - 1'800s + real + real * ppm / 1'000'000;
        const auto arrival = real + kUsual + std::chrono::microseconds{jitter_us(random)};
        chain.take(media, arrival);
        if (std::chrono::abs(TestType::kWrap - media) < 10s) chain.take(media - 60ms, arrival, true);
        if (i % 5 != 0 || real < 1s) continue;
        auto& of_its_time = real < 2min ? worst_learning : worst;
        of_its_time = std::max(of_its_time, chain.lag(arrival));
    }
    INFO("ppm " << ppm << ", worst lag of the first two minutes " << worst_learning << ", then " << worst);
    CHECK(worst_learning < 0.08);  // a minute of 1,000 ppm passes before drift is believed, and the jitter
    CHECK(worst < 0.03);
    CHECK(chain.restarts(1h) == 0);
}

TEMPLATE_TEST_CASE("lag truth: timestamps that jump are a restart and no lag", "[probes][lag]", FlvChain, TsChain) {
    const auto jump = GENERATE(Duration{3'600s}, Duration{2s}, Duration{-2s}, Duration{-10s}, Duration{-3'600s});
    TestType chain;
    for (int i = 0; i < 750; ++i) {
        const auto media = kFrame * i;
        chain.take(7'200s + media + (i < 500 ? Duration{0} : jump), media + kUsual);
        chain.take(7'200s + media + (i < 500 ? Duration{0} : jump), media + kUsual, true);
        if (media >= 1s) CHECK(chain.lag(media + kUsual) == Approx(0).margin(1e-3));
    }
    CHECK(chain.restarts(30s) == 1);
}
