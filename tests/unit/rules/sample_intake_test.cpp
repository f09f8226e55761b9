#include "rules/sample_intake.h"

#include <catch2/catch.hpp>

#include "builders.h"

using namespace outrider;
using namespace outrider::rules;
using namespace outrider::rules::test;

namespace {

struct Intake {
    SeriesStore store{SeriesStore::Keep::everything};
    SampleIntake intake{store};

    explicit Intake(std::shared_ptr<const TargetList> list) { intake.set_targets(std::move(list)); }

    bool take(std::uint32_t target, Duration t, std::vector<Reading> readings) {
        return intake.append({.target = TargetId{target}, .at = kStart + t, .readings = std::move(readings)});
    }
    /// As an instant selector sees it.
    [[nodiscard]] std::optional<double> value(const Labels& labels, Duration t) {
        auto* series = store.open(labels);
        const auto* point = series->newest(kStart + t - 5min, kStart + t);
        store.close(series);
        if (point == nullptr || is_stale(point->value)) return std::nullopt;
        return point->value;
    }
};

const Labels kUp{{"__name__", "outrider_up"}, {"stream", "demo"}, {"pop", "sin1"}, {"protocol", "httpflv"}};
const Labels kLag{{"__name__", "outrider_lag_seconds"}, {"stream", "demo"}, {"pop", "sin1"}, {"protocol", "httpflv"}};
const Labels kBuffer{{"__name__", "outrider_viewer_buffer_seconds"},
                     {"stream", "demo"},
                     {"pop", "sin1"},
                     {"protocol", "httpflv"},
                     {"viewer", "3s"}};

}  // namespace

TEST_CASE("intake: readings become points of their series, in whatever order they come", "[rules][intake]") {
    Intake in{targets({{"demo", "sin1"}})};
    CHECK(
        in.take(0, 0s, {{Metric::up, {}, 1}, {Metric::lag_seconds, {}, 2}, {Metric::viewer_buffer_seconds, "3s", 3}}));
    CHECK(
        in.take(0, 1s, {{Metric::viewer_buffer_seconds, "3s", 4}, {Metric::up, {}, 0}, {Metric::lag_seconds, {}, 5}}));
    CHECK(in.value(kUp, 0s) == 1);
    CHECK(in.value(kBuffer, 0s) == 3);
    CHECK(in.value(kUp, 1s) == 0);
    CHECK(in.value(kLag, 1s) == 5);
    CHECK(in.value(kBuffer, 1s) == 4);
}

TEST_CASE("intake: a reading that a newer sample leaves out is stale at once, and may come back", "[rules][intake]") {
    Intake in{targets({{"demo", "sin1"}})};
    CHECK(in.take(0, 0s, {{Metric::up, {}, 1}, {Metric::lag_seconds, {}, 2}}));
    CHECK(in.take(0, 1s, {{Metric::up, {}, 1}}));
    CHECK(in.take(0, 2s, {{Metric::up, {}, 1}}));
    CHECK_FALSE(in.value(kLag, 1s));
    CHECK_FALSE(in.intake.latest(TargetId{0}, Metric::lag_seconds, kStart + 2s));
    CHECK(in.take(0, 3s, {{Metric::up, {}, 1}, {Metric::lag_seconds, {}, 4}}));
    CHECK(in.value(kLag, 3s) == 4);
    CHECK(in.intake.latest(TargetId{0}, Metric::lag_seconds, kStart + 3s) == 4.0);
    auto* series = in.store.open(kLag);
    CHECK(series->points().size() == 3);  // one marker, whatever the number of samples without it
}

TEST_CASE("intake: a silent target's series go stale after 5 s, of slow heartbeats after three", "[rules][intake]") {
    auto list = std::make_shared<TargetList>(*targets({{"demo", "sin1"}}));
    list->front().heartbeat = GENERATE(Duration{200ms}, Duration{4s});
    const Duration patience = list->front().heartbeat == 4s ? 12s : 5s;
    Intake in{list};
    CHECK(in.take(0, 0s, {{Metric::up, {}, 1}}));
    in.intake.mark_silent(kStart + patience);
    CHECK(in.value(kUp, patience) == 1);
    CHECK(in.intake.latest(TargetId{0}, Metric::up, kStart + patience) == 1.0);
    in.intake.mark_silent(kStart + patience + 1ms);
    CHECK_FALSE(in.value(kUp, patience + 1ms));
    CHECK_FALSE(in.intake.latest(TargetId{0}, Metric::up, kStart + patience + 1ms));
    CHECK(in.take(0, patience + 1s, {{Metric::up, {}, 1}}));
    CHECK(in.value(kUp, patience + 1s) == 1);
}

TEST_CASE("intake: other targets keep their series, the removed one's go stale", "[rules][intake]") {
    Intake in{targets({{"demo", "fra1"}, {"demo", "sin1"}})};
    const Labels fra1{{"__name__", "outrider_up"}, {"stream", "demo"}, {"pop", "fra1"}, {"protocol", "httpflv"}};
    CHECK(in.take(0, 0s, {{Metric::up, {}, 1}}));
    CHECK(in.take(1, 0s, {{Metric::up, {}, 1}}));
    in.intake.set_targets(targets({{"demo", "sin1"}}));
    CHECK_FALSE(in.value(fra1, 1s));
    CHECK(in.value(kUp, 1s) == 1);
    CHECK_FALSE(in.take(0, 0s, {{Metric::up, {}, 1}}));  // no newer than what its target had under another number
    CHECK(in.take(0, 1s, {{Metric::up, {}, 0}}));
    CHECK(in.value(kUp, 1s) == 0);
}

TEST_CASE("intake: what no one watches is not kept, but its newest value is known", "[rules][intake]") {
    SeriesStore store;
    SampleIntake intake{store};
    intake.set_targets(targets({{"demo", "sin1"}}));
    CHECK(intake.append(sample(0, kStart, 2)));
    CHECK(store.series_count() == 0);
    CHECK(intake.latest(TargetId{0}, Metric::lag_seconds, kStart) == 2.0);
}
