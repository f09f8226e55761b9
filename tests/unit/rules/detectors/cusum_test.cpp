#include "rules/detectors/cusum.h"

#include <catch2/catch.hpp>

#include "unit/rules/detectors/detector_inputs.h"

namespace outrider::rules {
namespace {

using namespace test;

CusumSettings quick() {
    return {.reference = {.half_life = 60s, .warm_up = 10s, .min_samples = 10, .floor = 0.1, .relative_floor = 0},
            .relearn = 60s};
}

/// A detector that has seen `count` points of `value`, 200 ms apart, and the time of its last.
struct Settled {
    Cusum detector;
    Instant at = kBegin;
    explicit Settled(double value, const CusumSettings& settings = quick(), int count = 100) {
        for (int i = 0; i < count; ++i) (void)detector.update(settings, at += 200ms, value);
    }
    std::optional<Cusum::Outputs> next(double value, const CusumSettings& settings = quick()) {
        return detector.update(settings, at += 200ms, value);
    }
};

TEST_CASE("cusum: a step of so many deviations is seen with the point that the sum foretells", "[rules][detectors]") {
    // A series without deviation, so that the floor of 0.1 is the unit; drift 1, clip 2, alarm above 5.
    //   each point adds min(step, 2) - 1
    struct Row {
        double step;
        int points;
        int side;
    };  // 0 points: never
    const auto row = GENERATE(Row{20, 6, 1}, Row{0.2, 6, 1}, Row{-0.2, 6, -1}, Row{-20, 6, -1}, Row{0.05, 0, 0});
    Settled settled{3};
    int alarmed = 0, side = 0;
    for (int i = 1; i <= 50 && alarmed == 0; ++i) {
        const auto outputs = settled.next(3 + row.step);
        REQUIRE(outputs);
        if ((*outputs)[2] != 0) {
            alarmed = i;
            side = static_cast<int>((*outputs)[2]);
        }
    }
    // The reference follows the clipped points until there is an alarm, which may cost one or two more of them.
    if (row.points == 0) {
        CHECK(alarmed == 0);
    } else {
        CHECK(alarmed >= row.points);
        CHECK(alarmed <= row.points + 3);
    }
    CHECK(side == row.side);
}

TEST_CASE("cusum: a single blip in a series that is always zero is no alarm, however high", "[rules][detectors]") {
    const double blip = GENERATE(0.2, 1.0, 1e6, 1e99, -1e99);
    Settled settled{0};
    for (int i = 0; i < 50; ++i) {
        const auto outputs = settled.next(i == 0 ? blip : 0);
        REQUIRE(outputs);
        CHECK((*outputs)[2] == 0);
        CHECK((*outputs)[0] <= 1);
    }
}

TEST_CASE("cusum: sums are those of the definition", "[rules][detectors]") {
    const auto settings = quick();
    Cusum detector;
    double positive = 0, negative = 0;
    int alarms = 0, judged = 0;
    for (const auto& point : irregular(3, 3000)) {
        const auto outputs = detector.update(settings, point.at, point.value);
        if (!outputs) {
            positive = negative = 0;
            continue;
        }
        ++judged;
        const auto [s_plus, s_minus, alarm, mean, deviation] = *outputs;
        const double z = std::fmin(2, std::fmax(-2, (point.value - mean) / std::fmax(deviation, 0.1)));
        positive = std::fmin(10, std::fmax(0, positive + z - 1));
        negative = std::fmin(10, std::fmax(0, negative - z - 1));
        CHECK(s_plus == Approx(positive).margin(1e-9));
        CHECK(s_minus == Approx(negative).margin(1e-9));
        CHECK(alarm == (s_plus > 5 ? 1 : s_minus > 5 ? -1 : 0));
        alarms += alarm != 0 ? 1 : 0;
    }
    CHECK(judged > 2000);
    CHECK(alarms > 10);
}

TEST_CASE("cusum: its reference does not learn while there is an alarm, and h/k points of health end it",
          "[rules][detectors]") {
    Settled settled{1};
    Cusum::Outputs last{};
    for (int i = 0; i < 100; ++i) last = settled.next(5).value();
    CHECK(last[0] == 10);
    const double mean = last[3];
    CHECK(mean < 1.1);
    int until = 0;
    for (bool alarmed = true; alarmed; ++until) {
        const auto outputs = settled.next(mean).value();
        CHECK(outputs[3] == mean);
        alarmed = outputs[2] != 0;
    }
    CHECK(until == 5);
}

TEST_CASE("cusum: a level that stays is the new normal after the time to relearn", "[rules][detectors]") {
    Settled settled{1};
    // 60 s of alarm and 10 s of warming up, at five points a second; up to 9 points until the alarm.
    int silent = 0, alarmed = 0;
    for (int i = 0; i < 400; ++i) {
        const auto outputs = settled.next(5);
        silent += outputs ? 0 : 1;
        alarmed += outputs && (*outputs)[2] == 1 ? 1 : 0;
    }
    CHECK(alarmed == 300);
    CHECK(silent == 50);
    const auto outputs = settled.next(5).value();
    CHECK(outputs[2] == 0);
    CHECK(outputs[3] == Approx(5));
}

TEST_CASE("cusum: a long silence ends an alarm with all that was learnt", "[rules][detectors]") {
    Settled settled{1};
    for (int i = 0; i < 20; ++i) (void)settled.next(5);
    settled.at += 301s;
    CHECK_FALSE(settled.next(5));
    for (int i = 0; i < 60; ++i) (void)settled.next(5);
    CHECK(settled.next(5).value()[0] == 0);
}

TEST_CASE("cusum: what is not finite and what is not newer changes nothing", "[rules][detectors]") {
    Settled settled{1};
    (void)settled.next(3);
    const auto before = settled.detector;
    for (const double value : kUnusable) CHECK_FALSE(settled.detector.update(quick(), settled.at + 200ms, value));
    CHECK_FALSE(settled.detector.update(quick(), settled.at, 5));
    CHECK(settled.detector == before);
}

}  // namespace
}  // namespace outrider::rules
