// The newest point of every series, whatever a sample says in which order.
#include "rules/series_store.h"

#include <catch2/catch.hpp>
#include <string>

#include "builders.h"

using namespace outrider;
using namespace outrider::rules;
using namespace outrider::rules::test;

namespace {

constexpr auto kStalls = Metric::viewer_stalls_total;

double stalls_of(const SeriesStore& store, const std::string& viewer, Instant at) {
    for (const auto& element : store.select({.metric = "outrider_viewer_stalls_total", .matchers = {}}, at))
        if (element.labels->value_of("viewer") == viewer) return element.value;
    return -1;  // absent: no count is below 0
}

}  // namespace

TEST_CASE("series store: a reading is its series' newest value wherever it stands in the sample", "[rules]") {
    struct Row {
        const char* what;
        std::vector<Reading> readings;
        double up, lag, first, second;  // -1: absent
    };
    const std::vector<Row> rows{
        {"the first samples lack what is not known yet", {{Metric::up, {}, 0}}, 0, -1, -1, -1},
        {"others stand before what was known",
         {{Metric::lag_seconds, {}, 1}, {kStalls, "1s", 2}, {Metric::up, {}, 1}},
         1,
         1,
         2,
         -1},
        {"the same once more", {{Metric::lag_seconds, {}, 3}, {kStalls, "1s", 4}, {Metric::up, {}, 1}}, 1, 3, 4, -1},
        {"one is left out", {{kStalls, "1s", 5}, {Metric::up, {}, 0}}, 0, -1, 5, -1},
        {"one is new, in the middle", {{kStalls, "1s", 6}, {kStalls, "3s", 7}, {Metric::up, {}, 1}}, 1, -1, 6, 7},
        {"two change places", {{kStalls, "3s", 8}, {kStalls, "1s", 9}, {Metric::up, {}, 1}}, 1, -1, 9, 8},
    };
    SeriesStore store;
    store.set_targets(targets({{"demo", "sin1"}}));
    auto at = kStart;
    for (const auto& row : rows) {
        INFO(row.what);
        REQUIRE(store.append({.target = TargetId{0}, .at = at, .outcome = Outcome::ok, .readings = row.readings}));
        CHECK(store.latest(TargetId{0}, Metric::up, at).value_or(-1) == row.up);
        CHECK(store.latest(TargetId{0}, Metric::lag_seconds, at).value_or(-1) == row.lag);
        CHECK(stalls_of(store, "1s", at) == row.first);
        CHECK(stalls_of(store, "3s", at) == row.second);
        at += 200ms;
    }
    CHECK(store.series_count() == 4);
}
