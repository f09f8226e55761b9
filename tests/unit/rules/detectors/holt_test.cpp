#include "rules/detectors/holt.h"

#include <catch2/catch.hpp>

#include "unit/rules/detectors/detector_inputs.h"

namespace outrider::rules {
namespace {

using namespace test;

HoltSettings quick() {
    return {.half_life = 2s, .slope_half_life = 8s, .horizon = 10s, .warm_up = 4s, .min_samples = 10};
}

TEST_CASE("holt: a straight line at irregular times is foretold exactly", "[rules][detectors]") {
    Holt detector;
    int judged = 0;
    for (const auto& point : irregular(4, 500)) {
        const double line = 3 - 0.25 * seconds(point.at - kBegin);
        const auto outputs = detector.update(quick(), point.at, line);
        if (!outputs) continue;
        ++judged;
        CHECK((*outputs)[0] == Approx(line).epsilon(1e-6));
        CHECK((*outputs)[1] == Approx(-0.25).epsilon(1e-6));
        CHECK((*outputs)[2] == Approx(line - 2.5).epsilon(1e-6));
    }
    CHECK(judged > 400);
}

TEST_CASE("holt: at a steady rhythm it is Wright's method", "[rules][detectors]") {
    // V = V_before / (V_before + 2^(-D/H)), likewise U for the slope; level and slope as in Management Science 32(4).
    std::vector<double> values;
    for (const auto& point : irregular(5, 400)) values.push_back(point.value);
    const auto points = every(200ms, values);
    double level = values[1], slope = (values[1] - values[0]) / 0.2;
    double v = 1 / (1 + std::pow(2, -0.1)), u = 1;
    Holt detector;
    int judged = 0;
    for (std::size_t i = 0; i < points.size(); ++i) {
        const auto outputs = detector.update(quick(), points[i].at, values[i]);
        if (i < 2) continue;
        v = v / (v + std::pow(2, -0.1));
        u = u / (u + std::pow(2, -0.025));
        const double before = level;
        level = (1 - v) * (level + 0.2 * slope) + v * values[i];
        slope = (1 - u) * slope + u * (level - before) / 0.2;
        if (!outputs) continue;
        ++judged;
        CHECK((*outputs)[0] == Approx(level).epsilon(1e-9));
        CHECK((*outputs)[1] == Approx(slope).epsilon(1e-7).margin(1e-9));
        CHECK((*outputs)[2] == Approx(level + 10 * slope).epsilon(1e-7).margin(1e-9));
    }
    CHECK(judged > 350);
}

TEST_CASE("holt: two points that nearly coincide do not turn the slope", "[rules][detectors]") {
    Holt detector;
    auto at = kBegin;
    for (int i = 0; i < 200; ++i) (void)detector.update(quick(), at += 200ms, 1);
    (void)detector.update(quick(), at += 1us, 2);
    const auto outputs = detector.update(quick(), at + 200ms, 1).value();
    CHECK(std::abs(outputs[1]) < 0.1);
}

TEST_CASE("holt: a buffer that runs dry is forecast below zero before it is", "[rules][detectors]") {
    // 10 s of buffer, from t = 60 s on lost at 0.5 s a second: empty at t = 80 s. Horizon 10 s.
    Holt detector;
    double warned = 0;
    for (int i = 0; i < 400 && warned == 0; ++i) {
        const double t = 0.2 * i;
        const auto outputs = detector.update(quick(), kBegin + i * 200ms, 10 - 0.5 * std::fmax(0, t - 60));
        if (outputs && (*outputs)[2] < 0) warned = t;
    }
    CHECK(warned > 70);
    CHECK(warned < 75);
}

TEST_CASE("holt: says nothing while it warms up, and begins anew after a long gap", "[rules][detectors]") {
    Holt detector;
    for (int i = 0; i < 30; ++i) CHECK(detector.update(quick(), kBegin + i * 200ms, 1).has_value() == (i >= 20));
    CHECK(detector.update(quick(), kBegin + 5800ms + 40s, 1));
    CHECK_FALSE(detector.update(quick(), kBegin + 45800ms + 40001ms, 1));
}

TEST_CASE("holt: what is not finite and what is not newer changes nothing", "[rules][detectors]") {
    Holt detector;
    for (const auto& point : irregular(2, 100)) (void)detector.update(quick(), point.at, point.value);
    const auto before = detector;
    for (const double value : kUnusable) CHECK_FALSE(detector.update(quick(), kBegin + 1h, value));
    CHECK_FALSE(detector.update(quick(), kBegin, 5));
    CHECK(detector == before);
}

TEST_CASE("holt: huge values never leave it with what is not finite", "[rules][detectors]") {
    Holt detector;
    auto at = kBegin;
    for (int i = 0; i < 5000; ++i) {
        at += i % 3 == 0 ? Duration{1} : Duration{39s};
        const auto outputs = detector.update(quick(), at, i % 2 == 0 ? 1e100 : -1e100);
        if (outputs) CHECK(std::isfinite((*outputs)[2]));
    }
    for (int i = 0; i < 30'000; ++i) (void)detector.update(quick(), at += 200ms, 1);
    CHECK(detector.update(quick(), at + 200ms, 1).value()[0] == Approx(1).epsilon(0.01));
}

}  // namespace
}  // namespace outrider::rules
