#include "rules/detectors/peer.h"

#include <algorithm>
#include <catch2/catch.hpp>

#include "unit/rules/detectors/detector_inputs.h"

namespace outrider::rules {
namespace {

using namespace test;
using Reference = PeerSettings::Reference;

/// By the definition: take it out, sort the rest.
double direct(Reference reference, std::vector<double> values, std::size_t without) {
    values.erase(values.begin() + static_cast<std::ptrdiff_t>(without));
    std::ranges::sort(values);
    switch (reference) {
        case Reference::lowest: return values.front();
        case Reference::highest: return values.back();
        case Reference::median: break;
    }
    return (values[(values.size() - 1) / 2] + values[values.size() / 2]) / 2;
}

TEST_CASE("peer: the reference of each is that of the others, whatever their number and however many are equal",
          "[rules][detectors]") {
    const auto reference = GENERATE(Reference::median, Reference::lowest, Reference::highest);
    const auto distinct = GENERATE(1, 2, 3, 1000);
    std::mt19937 random{23};
    std::uniform_int_distribution<int> draw{1, distinct};
    for (std::size_t count = 2; count < 12; ++count)
        for (int round = 0; round < 50; ++round) {
            std::vector<double> values(count);
            std::ranges::generate(values, [&] { return draw(random); });
            auto scratch = values;
            const Others others{reference, scratch};
            for (std::size_t i = 0; i < count; ++i) {
                CAPTURE(count, i, values);
                CHECK(others.without(values[i]) == direct(reference, values, i));
            }
        }
}

TEST_CASE("peer: the floors keep a small difference small", "[rules][detectors]") {
    struct Row {
        double floor, relative, value, other, score;
    };
    const auto row = GENERATE(Row{0.5, 0, 0.1, 0, 0.2}, Row{0.5, 0, 3, 1, 4}, Row{0.5, 0.5, 12, 10, 0.4},
                              Row{0.5, 0.5, 0.1, 0, 0.2}, Row{0.5, 0.5, 0, -10, 2});
    std::vector<double> values{row.value, row.other};
    const Others others{Reference::median, values};
    const auto outputs = Peer::outputs({.floor = row.floor, .relative_floor = row.relative}, others, row.value, 1);
    CHECK(outputs[0] == Approx(row.value - row.other));
    CHECK(outputs[1] == row.other);
    CHECK(outputs[2] == Approx(row.score));
    CHECK(outputs[3] == 1);
}

}  // namespace
}  // namespace outrider::rules
