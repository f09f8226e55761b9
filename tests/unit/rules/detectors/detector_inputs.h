// Series that tests of detectors feed, and what they are compared with.
#pragma once

#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "outrider/time.h"
#include "rules/series.h"

namespace outrider::rules::test {

using namespace std::chrono_literals;

inline const Instant kBegin{1'700'000'000s};

/// `values` at a steady rhythm, the first at kBegin.
inline std::vector<Point> every(Duration step, const std::vector<double>& values) {
    std::vector<Point> points;
    for (const double value : values)
        points.push_back({kBegin + step * static_cast<std::int64_t>(points.size()), value});
    return points;
}

/// Normal values with jumps now and then, at irregular times: 1 ms to 0.4 s apart, a few gaps of 5 s.
inline std::vector<Point> irregular(unsigned seed, std::size_t count) {
    std::mt19937 random{seed};
    std::normal_distribution<double> noise{0, 0.3};
    std::uniform_int_distribution<int> step{1, 400}, chance{0, 99};
    std::vector<Point> points;
    auto at = kBegin;
    double level = 2;
    for (std::size_t i = 0; i < count; ++i) {
        at += chance(random) == 0 ? 5s : step(random) * 1ms;
        if (chance(random) == 0) level += noise(random) * 5;
        points.push_back({at, level + noise(random)});
    }
    return points;
}

/// What no detector takes.
inline const std::vector<double> kUnusable{std::numeric_limits<double>::quiet_NaN(),
                                           std::numeric_limits<double>::infinity(),
                                           -std::numeric_limits<double>::infinity(), 1e300, kStale};

}  // namespace outrider::rules::test
