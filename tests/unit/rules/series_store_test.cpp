#include "rules/series_store.h"

#include <catch2/catch.hpp>

using namespace outrider;
using namespace outrider::rules;
using namespace std::chrono_literals;

namespace {

const Instant kStart{1'700'000'000s};

promql::Matchers metric(std::string name) {
    return {*promql::Matcher::make("__name__", promql::MatchOp::equal, std::move(name))};
}

Labels series(std::string name, std::string pop) { return {{"__name__", std::move(name)}, {"pop", std::move(pop)}}; }

std::vector<double> values(std::span<const Point> points) {
    std::vector<double> result;
    for (const auto& point : points) result.push_back(point.value);
    return result;
}

}  // namespace

TEST_CASE("series store: what nobody watches is not kept", "[rules][store]") {
    SeriesStore store;
    CHECK(store.open(series("a", "x")) == nullptr);
    (void)store.watch(metric("a"), 0s);
    CHECK(store.open(series("a", "x")) != nullptr);
    CHECK(store.open(series("b", "x")) == nullptr);
    CHECK(store.series_count() == 1);
}

TEST_CASE("series store: a selection follows series as they come, in the order of labels", "[rules][store]") {
    SeriesStore store;
    const auto& selection = store.watch(metric("a"), 0s);
    (void)store.open(series("a", "y"));
    (void)store.open(series("a", "x"));
    REQUIRE(selection.series().size() == 2);
    CHECK(selection.series()[0]->labels()->value_of("pop") == "x");
    CHECK(&store.watch(metric("a"), 0s) == &selection);  // equal matchers share one
}

TEST_CASE("series store: a selection made late finds the series that are there", "[rules][store]") {
    SeriesStore store{SeriesStore::Keep::everything};
    (void)store.open(series("a", "x"));
    (void)store.open(series("b", "x"));
    CHECK(store.watch(metric("a"), 0s).series().size() == 1);
}

TEST_CASE("series store: points are refused unless newer", "[rules][store]") {
    SeriesStore store;
    (void)store.watch(metric("a"), 10s);
    auto& a = *store.open(series("a", "x"));
    CHECK(store.append(a, {kStart, 1}));
    CHECK_FALSE(store.append(a, {kStart, 2}));
    CHECK_FALSE(store.append(a, {kStart - 1ns, 2}));
    CHECK(values(a.points()) == std::vector<double>{1});
}

TEST_CASE("series store: history spans the longest look-back of those who watch", "[rules][store]") {
    SeriesStore store;
    (void)store.watch(metric("a"), 2s);
    (void)store.watch(metric("a"), 5s);
    auto& a = *store.open(series("a", "x"));
    for (int i = 0; i <= 100; ++i) {
        store.advance(kStart + i * 1s, 5s);
        REQUIRE(store.append(a, {kStart + i * 1s, static_cast<double>(i)}));
    }
    // (95 s, 100 s], and one more for whoever looks back from 95 s.
    CHECK(values(a.points()) == std::vector<double>{95, 96, 97, 98, 99, 100});
    CHECK(a.bytes() < 1000);
}

TEST_CASE("series store: a window is open on the left and leaves stale markers out", "[rules][store]") {
    SeriesStore store{SeriesStore::Keep::everything};
    auto& a = *store.open(series("a", "x"));
    store.append(a, {kStart, 1});
    store.append(a, {kStart + 1s, 2});
    store.append(a, {kStart + 2s, kStale});
    store.append(a, {kStart + 3s, 4});
    std::vector<Point> scratch;
    CHECK(values(a.window(kStart, kStart + 3s, scratch)) == std::vector<double>{2, 4});
    CHECK(values(a.window(kStart - 1s, kStart + 1s, scratch)) == std::vector<double>{1, 2});
    CHECK(a.window(kStart + 1s, kStart + 2s, scratch).empty());
    CHECK(a.window(kStart + 3s, kStart + 2s, scratch).empty());
    REQUIRE(a.newest(kStart, kStart + 1500ms) != nullptr);
    CHECK(a.newest(kStart, kStart + 1500ms)->value == 2);
    CHECK(is_stale(a.newest(kStart, kStart + 2500ms)->value));
    CHECK(a.newest(kStart + 3s, kStart + 9s) == nullptr);
}

TEST_CASE("series store: a closed series goes when nobody can see it any more", "[rules][store]") {
    SeriesStore store;
    const auto& selection = store.watch(metric("a"), 10s);
    auto* a = store.open(series("a", "x"));
    store.append(*a, {kStart, 1});
    store.close(a);
    store.advance(kStart + 14s, 5s);
    CHECK(selection.series().size() == 1);

    SECTION("it is dropped") {
        store.advance(kStart + 15s, 5s);
        CHECK(selection.series().empty());
        CHECK(store.series_count() == 0);
    }
    SECTION("unless it was opened again") {
        CHECK(store.open(series("a", "x")) == a);
        store.advance(kStart + 15s, 5s);
        CHECK(selection.series().size() == 1);
        store.close(a);
        store.advance(kStart + 15s, 5s);
        CHECK(selection.series().empty());
    }
    SECTION("and is dropped once, however often it was opened and closed") {
        for (int i = 0; i < 3; ++i) store.close(store.open(series("a", "x")));
        store.advance(kStart + 15s, 5s);
        CHECK(store.series_count() == 0);
    }
}

TEST_CASE("series store: label sets that nobody uses any more are swept away", "[rules][store]") {
    SeriesStore store;
    (void)store.watch(metric("a"), 0s);
    auto* kept = store.open(series("a", "x"));
    for (int minute = 0; minute < 100; ++minute) {
        for (int i = 0; i < 1000; ++i) (void)store.labels().intern({{"value", std::to_string(minute * 1000 + i)}});
        store.advance(kStart + minute * 60s, 5s);
    }
    CHECK(store.labels().size() < 20'000);
    CHECK(store.labels().generation() > 0);
    CHECK(store.labels().intern(series("a", "x")) == kept->labels());
}
