#include "rules/detectors/absence.h"

#include <catch2/catch.hpp>

#include "unit/rules/detectors/detector_inputs.h"

namespace outrider::rules {
namespace {

using namespace test;

TEST_CASE("absence: counts from the last point and from the last change", "[rules][detectors]") {
    //   t    0    1    2     3      4     5
    //   in   7    7    8    8.05   NaN    -
    Absence detector;
    const AbsenceSettings settings{.floor = 0.1};
    CHECK_FALSE(detector.outputs(kBegin));
    const std::vector<double> values{7, 7, 8, 8.05, std::numeric_limits<double>::quiet_NaN()};
    for (const auto& point : every(1s, values)) detector.update(settings, point.at, point.value);
    CHECK(detector.outputs(kBegin + 5s).value() == Absence::Outputs{2, 3});
    CHECK(detector.outputs(kBegin + 3s).value() == Absence::Outputs{0, 1});
    CHECK_FALSE(detector.outputs(kBegin + 2s));
}

TEST_CASE("absence: a creep is a change once it adds up to more than the floor", "[rules][detectors]") {
    struct Row {
        double floor;
        double since;
    };
    const auto row = GENERATE(Row{0, 0}, Row{0.25, 1}, Row{100, 10});
    Absence detector;
    for (int i = 0; i <= 10; ++i) detector.update({.floor = row.floor}, kBegin + i * 1s, 0.1 * i);
    CHECK(detector.outputs(kBegin + 10s).value()[1] == row.since);
}

TEST_CASE("absence: what is not finite and what is not newer changes nothing", "[rules][detectors]") {
    Absence detector;
    detector.update({}, kBegin, 1);
    const auto before = detector;
    for (const double value : kUnusable) detector.update({}, kBegin + 1s, value);
    detector.update({}, kBegin, 2);
    detector.update({}, kBegin - 1s, 2);
    CHECK(detector == before);
}

}  // namespace
}  // namespace outrider::rules
