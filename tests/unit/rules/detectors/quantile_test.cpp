#include "rules/detectors/quantile.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <functional>

#include "unit/rules/detectors/detector_inputs.h"

namespace outrider::rules {
namespace {

using namespace test;

TEST_CASE("quantile: the example of Jain and Chlamtac's paper", "[rules][detectors]") {
    // CACM 28(10), table I: median of 20 observations. The exact one is 2.43; the paper's estimate is 4.44.
    const std::vector<double> observations{0.02,  0.15,  0.74, 3.39, 0.83, 22.37, 10.15, 15.43, 38.62, 15.92,
                                           34.60, 10.28, 1.47, 0.40, 0.05, 11.39, 0.27,  0.42,  0.09,  11.37};
    Quantile detector;
    std::vector<double> said;
    for (const auto& point : every(1s, observations))
        if (const auto outputs = detector.update({.q = 0.5, .min_samples = 5}, point.at, point.value))
            said.push_back((*outputs)[0]);
    REQUIRE(said.size() == 16);
    CHECK(said.front() == 0.74);
    CHECK(said[1] == 0.74);
    CHECK(said.back() == Approx(4.44).margin(0.005));
}

TEST_CASE("quantile: the share of points below the estimate is the one asked for", "[rules][detectors]") {
    // 50,000 points; how far the true share below the estimate may be from q.
    struct Row {
        const char* name;
        double q;
        double within;
    };
    const auto row = GENERATE(Row{"uniform", 0.5, 0.01}, Row{"uniform", 0.99, 0.003}, Row{"normal", 0.5, 0.01},
                              Row{"normal", 0.05, 0.01}, Row{"normal", 0.99, 0.003}, Row{"exponential", 0.9, 0.01},
                              Row{"exponential", 0.99, 0.003}, Row{"two levels", 0.9, 0.02});
    CAPTURE(row.name, row.q);
    std::mt19937 random{7};
    std::uniform_real_distribution<double> uniform{0, 1};
    std::normal_distribution<double> normal{10, 2};
    std::exponential_distribution<double> exponential{0.5};
    const std::string name = row.name;
    const auto draw = [&] {
        if (name == "uniform") return uniform(random);
        if (name == "normal") return normal(random);
        if (name == "exponential") return exponential(random);
        return normal(random) + (uniform(random) < 0.2 ? 30 : 0);
    };
    std::vector<double> values(50'000);
    std::ranges::generate(values, draw);
    Quantile detector;
    double estimate = 0;
    for (const auto& point : every(200ms, values))
        estimate =
            detector.update({.q = row.q, .min_samples = 5}, point.at, point.value).value_or(Quantile::Outputs{})[0];
    const auto below = std::ranges::count_if(values, [&](double value) { return value < estimate; });
    CHECK(static_cast<double>(below) / static_cast<double>(values.size()) == Approx(row.q).margin(row.within));
}

TEST_CASE("quantile: a constant series is its own quantile", "[rules][detectors]") {
    Quantile detector;
    std::vector<double> values(1000, 0.0);
    values[500] = 1;  // a blip moves the 0.9-quantile of a thousand zeros by next to nothing
    for (const auto& point : every(200ms, values)) {
        const auto outputs = detector.update({.q = 0.9, .min_samples = 50}, point.at, point.value);
        if (outputs) CHECK((*outputs)[0] == Approx(0).margin(0.01));
    }
}

TEST_CASE("quantile: with a half-life it follows a change of level, without one it does not", "[rules][detectors]") {
    struct Row {
        std::optional<Duration> half_life;
        double low, high;
    };
    const auto row = GENERATE(Row{std::nullopt, 9, 12}, Row{60s, 17, 21});
    std::mt19937 random{11};
    std::normal_distribution<double> noise{10, 1};
    std::vector<double> values(12'000);
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = noise(random) + (i < 9'000 ? 0 : 10);
    Quantile detector;
    double estimate = 0;
    for (const auto& point : every(200ms, values))
        estimate = detector.update({.q = 0.5, .min_samples = 10, .half_life = row.half_life}, point.at, point.value)
                       .value_or(Quantile::Outputs{})[0];
    CHECK(estimate > row.low);
    CHECK(estimate < row.high);
}

TEST_CASE("quantile: forgetting does not spoil the share", "[rules][detectors]") {
    std::mt19937 random{13};
    std::exponential_distribution<double> exponential{1};
    std::vector<double> values(60'000);
    std::ranges::generate(values, [&] { return exponential(random); });
    Quantile detector;
    int below = 0, judged = 0;
    for (const auto& point : every(200ms, values)) {
        const auto outputs =
            detector.update({.q = 0.95, .min_samples = 1000, .half_life = 5min}, point.at, point.value);
        if (!outputs) continue;
        ++judged;
        below += point.value <= (*outputs)[0] ? 1 : 0;
    }
    CHECK(double(below) / judged == Approx(0.95).margin(0.01));
}

TEST_CASE("quantile: what is not finite and what is not newer changes nothing", "[rules][detectors]") {
    const QuantileSettings settings{.q = 0.5, .min_samples = 5};
    Quantile detector;
    for (const auto& point : irregular(2, 100)) (void)detector.update(settings, point.at, point.value);
    const auto before = detector;
    for (const double value : kUnusable) CHECK_FALSE(detector.update(settings, kBegin + 1h, value));
    CHECK_FALSE(detector.update(settings, kBegin, 5));
    CHECK(detector == before);
}

TEST_CASE("quantile: survives a gap of many half-lives and any values in order", "[rules][detectors]") {
    const QuantileSettings settings{.q = 0.9, .min_samples = 5, .half_life = 1s};
    Quantile detector;
    std::mt19937 random{17};
    std::uniform_real_distribution<double> exponent{-90, 90};
    auto at = kBegin;
    for (int i = 0; i < 2000; ++i) {
        at += i % 500 == 0 ? Duration{1000h} : Duration{7ms};
        const auto outputs = detector.update(settings, at, std::pow(10, exponent(random)));
        if (outputs) CHECK(std::isfinite((*outputs)[0]));
    }
}

}  // namespace
}  // namespace outrider::rules
