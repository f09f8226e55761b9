#include "rules/detectors/ewma.h"

#include <catch2/catch.hpp>

#include "unit/rules/detectors/detector_inputs.h"

namespace outrider::rules {
namespace {

using namespace test;

BaselineSettings quick(double floor = 0.001) {
    return {.half_life = 10s, .warm_up = 2s, .min_samples = 10, .floor = floor, .relative_floor = 0};
}

/// The definition: every earlier point, each with its weight.
struct Direct {
    double mean = 0;
    double deviation = 0;
    Direct(const std::vector<Point>& points, std::size_t count, Duration half_life) {
        const auto weight = [&](std::size_t i) {
            return std::pow(0.5, seconds(points[count - 1].at - points[i].at) / seconds(half_life));
        };
        double sum = 0, total = 0, squares = 0;
        for (std::size_t i = 0; i < count; ++i) {
            sum += weight(i) * points[i].value;
            total += weight(i);
        }
        mean = sum / total;
        for (std::size_t i = 0; i < count; ++i) squares += weight(i) * std::pow(points[i].value - mean, 2);
        deviation = std::sqrt(squares / total);
    }
};

TEST_CASE("ewma: mean, deviation and score are those of the definition at irregular times", "[rules][detectors]") {
    const auto points = irregular(1, 600);
    const auto settings = quick();
    Ewma detector;
    std::size_t judged = 0;
    for (std::size_t i = 0; i < points.size(); ++i) {
        const auto outputs = detector.update(settings, points[i].at, points[i].value);
        if (!outputs) continue;
        ++judged;
        const Direct direct{points, i, settings.half_life};
        CHECK((*outputs)[0] == Approx(direct.mean).epsilon(1e-9));
        CHECK((*outputs)[1] == Approx(direct.deviation).epsilon(1e-9));
        CHECK((*outputs)[2] == Approx((points[i].value - direct.mean) / direct.deviation).epsilon(1e-9));
    }
    CHECK(judged > 550);
}

TEST_CASE("ewma: a blip in a series that is always zero scores by the floor, not by its absent deviation",
          "[rules][detectors]") {
    //  floor   relative floor   level   blip    score
    struct Row {
        double floor, relative, level, blip, score;
    };
    const auto row = GENERATE(Row{0.01, 0, 0, 0.01, 1}, Row{0.01, 0, 0, 0.05, 5}, Row{0.01, 0.1, 0, 0.05, 5},
                              Row{0.01, 0.1, 2, 2.4, 2}, Row{1, 0.1, 2, 2.4, 0.4});
    auto settings = quick(row.floor);
    settings.relative_floor = row.relative;
    Ewma detector;
    auto at = kBegin;
    for (int i = 0; i < 100; ++i) (void)detector.update(settings, at += 200ms, row.level);
    const auto outputs = detector.update(settings, at + 200ms, row.blip);
    REQUIRE(outputs);
    CHECK((*outputs)[1] == Approx(0).margin(1e-12));
    CHECK((*outputs)[2] == Approx(row.score));
}

TEST_CASE("ewma: says nothing before it has seen enough points for long enough", "[rules][detectors]") {
    struct Row {
        Duration step;
        int first;
    };  // index of the first point that is judged
    const auto row = GENERATE(Row{200ms, 10}, Row{100ms, 20}, Row{1s, 10});
    Ewma detector;
    for (int i = 0; i < 30; ++i) {
        CAPTURE(i);
        CHECK(detector.update(quick(), kBegin + i * row.step, 1).has_value() == (i >= row.first));
    }
}

TEST_CASE("ewma: what is not finite and what is not newer changes nothing", "[rules][detectors]") {
    Ewma detector;
    for (const auto& point : irregular(2, 100)) (void)detector.update(quick(), point.at, point.value);
    const auto before = detector;
    for (const double value : kUnusable) CHECK_FALSE(detector.update(quick(), kBegin + 1h, value));
    CHECK_FALSE(detector.update(quick(), kBegin, 5));
    CHECK(detector == before);
}

TEST_CASE("ewma: learns anew after five half-lives of silence, not after four", "[rules][detectors]") {
    struct Row {
        Duration gap;
        bool judged;
    };
    const auto row = GENERATE(Row{40s, true}, Row{50s, true}, Row{51s, false});
    Ewma detector;
    for (int i = 0; i < 100; ++i) (void)detector.update(quick(), kBegin + i * 200ms, 1);
    CHECK(detector.update(quick(), kBegin + 99 * 200ms + row.gap, 1).has_value() == row.judged);
}

}  // namespace
}  // namespace outrider::rules
