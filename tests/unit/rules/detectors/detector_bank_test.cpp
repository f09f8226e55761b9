#include "rules/detectors/detector_bank.h"

#include <catch2/catch.hpp>
#include <map>
#include <string>

#include "rules/detectors/absence.h"
#include "rules/detectors/ewma.h"
#include "rules/detectors/series_detector.h"
#include "unit/rules/detectors/detector_inputs.h"
#include "unit/rules/detectors/detector_settings.h"

namespace outrider::rules {
namespace {

using namespace test;

Labels labels(const std::string& metric, const std::string& stream, const std::string& pop) {
    return {{"__name__", metric}, {"stream", stream}, {"pop", pop}, {"protocol", "hls"}};
}

/// A store with its bank, into which points are put by name, and out of which they are read.
struct Lab {
    SeriesStore store{SeriesStore::Keep::everything};
    DetectorBank bank;
    std::map<Labels, Series*> open;
    Instant at = kBegin;

    explicit Lab(std::vector<DetectorSpec> specs) : bank{std::move(specs), store} {}

    void put(const Labels& series, double value) {
        auto& target = open[series];
        if (target == nullptr) target = store.open(series);
        REQUIRE(target != nullptr);
        CHECK(store.append(*target, {at, value}));
    }
    void tick() { bank.run(at); }

    /// Points of the one series of those labels; none when there is no such series.
    std::vector<Point> points(const Labels& series) {
        promql::Matchers matchers;
        for (const auto& [name, value] : series)
            matchers.push_back(promql::Matcher::make(name, promql::MatchOp::equal, value).value());
        std::vector<Point> all;
        for (const auto* found : store.watch(matchers, 1h).series())
            if (*found->labels() == series) all.insert(all.end(), found->points().begin(), found->points().end());
        return all;
    }
    std::optional<Point> newest(const Labels& series) {
        const auto all = points(series);
        return all.empty() ? std::nullopt : std::optional{all.back()};
    }
    double value(const Labels& series) {
        const auto point = newest(series);
        REQUIRE(point);
        CHECK(point->at == at);
        return point->value;
    }
};

DetectorSpec ewma(const std::string& name, const std::string& metric, Labels extra = {}) {
    return spec(name, metric, "{kind: ewma, half_life: 10s, warm_up: 0, min_samples: 3, floor: 0.1}", std::move(extra));
}

TEST_CASE("detectors: outputs stand at the times of the points, with the input's labels and their own",
          "[rules][detectors]") {
    Lab lab{{ewma("usual", "lag", {{"team", "edge"}})}};
    for (int i = 0; i < 5; ++i) {
        lab.at += 200ms;
        lab.put(labels("lag", "s1", "ams"), i);
        lab.put(labels("lag", "s1", "fra"), 7);
        if (i != 3) lab.tick();  // a tick that is left out loses no point
    }
    auto output = labels("usual_mean", "s1", "ams");
    CHECK(lab.points(output).empty());
    output.set("team", "edge");
    const auto points = lab.points(output);
    REQUIRE(points.size() == 2);
    CHECK(points[0].at == lab.at - 200ms);
    CHECK(points[0].value == Approx(1).margin(0.02));
    CHECK(points[1].at == lab.at);
    CHECK(lab.bank.series_count() == 2);
    CHECK(lab.bank.conflicts() == 0);
}

TEST_CASE("detectors: points from after the moment wait for their tick", "[rules][detectors]") {
    Lab lab{{ewma("usual", "lag")}};
    const auto input = labels("lag", "s1", "ams");
    auto* series = lab.store.open(input);
    for (int i = 1; i <= 10; ++i) CHECK(lab.store.append(*series, {kBegin + i * 200ms, 1}));
    const auto output = labels("usual_score", "s1", "ams");
    lab.bank.run(kBegin + 1s);
    CHECK(lab.points(output).size() == 2);  // of the first five points three are to learn from
    lab.bank.run(kBegin + 2s);
    CHECK(lab.points(output).size() == 7);
}

TEST_CASE("detectors: a later one takes the output of an earlier one in the same tick", "[rules][detectors]") {
    Lab lab{{ewma("usual", "lag"), ewma("twice", "usual_mean")}};
    for (int i = 0; i < 7; ++i) {
        lab.at += 200ms;
        lab.put(labels("lag", "s1", "ams"), 4);
        lab.tick();
    }
    CHECK(lab.value(labels("twice_mean", "s1", "ams")) == Approx(4));
}

TEST_CASE("detectors: an input that ends ends the outputs, and its return goes on with what was learnt",
          "[rules][detectors]") {
    Lab lab{{ewma("usual", "lag")}};
    const auto input = labels("lag", "s1", "ams");
    const auto output = labels("usual_mean", "s1", "ams");
    const auto feed = [&](double value) {
        lab.at += 200ms;
        lab.put(input, value);
        lab.tick();
    };
    for (int i = 0; i < 5; ++i) feed(4);
    feed(kStale);
    CHECK(is_stale(lab.value(output)));
    feed(4);
    CHECK(lab.value(output) == Approx(4));
    // What is not finite is as if it had not been.
    feed(std::numeric_limits<double>::quiet_NaN());
    CHECK(lab.newest(output)->at == lab.at - 200ms);
    // A gap of more than five half-lives: what it had said ends when it learns anew.
    lab.at += 1min;
    feed(4);
    CHECK(is_stale(lab.value(output)));
    feed(4);
    CHECK(is_stale(lab.newest(output)->value));
}

TEST_CASE("detectors: of two inputs that would make one series the first does", "[rules][detectors]") {
    Lab lab{{ewma("usual", "lag", {{"pop", "any"}})}};
    for (int i = 0; i < 5; ++i) {
        lab.at += 200ms;
        lab.put(labels("lag", "s1", "ams"), 4);
        lab.put(labels("lag", "s1", "fra"), 9);
        lab.tick();
    }
    CHECK(lab.bank.conflicts() == 3);
    CHECK(lab.value(labels("usual_mean", "s1", "any")) == Approx(4));
}

TEST_CASE("detectors: nothing is kept of a series that the store has dropped", "[rules][detectors]") {
    SeriesStore store{SeriesStore::Keep::watched};
    std::vector<DetectorSpec> specs;
    specs.push_back(ewma("usual", "lag"));
    DetectorBank bank{std::move(specs), store};
    const auto& looked_at =
        store.watch({promql::Matcher::make("__name__", promql::MatchOp::equal, "usual_mean").value()}, 5s);
    auto at = kBegin;
    const auto tick = [&] {
        store.advance(at += 200ms, 5s);
        bank.run(at);
    };
    auto* gone = store.open(labels("lag", "s1", "ams"));
    auto* kept = store.open(labels("lag", "s1", "fra"));
    for (int i = 0; i < 10; ++i) {
        (void)store.append(*gone, {at + 100ms, 1});
        (void)store.append(*kept, {at + 100ms, 2});
        tick();
    }
    CHECK(bank.series_count() == 2);
    CHECK(looked_at.series().size() == 2);
    store.close(gone);
    for (int i = 0; i < 120; ++i) {
        (void)store.append(*kept, {at + 100ms, 2});
        tick();
    }
    CHECK(bank.series_count() == 1);
    REQUIRE(looked_at.series().size() == 1);
    CHECK(looked_at.series()[0]->points().back().value == Approx(2));
    // It comes back as a stranger.
    auto* again = store.open(labels("lag", "s1", "ams"));
    for (int i = 0; i < 4; ++i) {
        (void)store.append(*again, {at + 100ms, 8});
        tick();
    }
    REQUIRE(looked_at.series().size() == 2);
    CHECK(looked_at.series()[0]->points().back().value == Approx(8));
    CHECK(bank.conflicts() == 0);
    CHECK(bank.bytes() > 0);
}

TEST_CASE("detectors: absence counts on while nothing comes", "[rules][detectors]") {
    Lab lab{{spec("silence", "lag", "{kind: absence}")}};
    const auto input = labels("lag", "s1", "ams");
    lab.tick();
    CHECK(lab.points(labels("silence_since_point", "s1", "ams")).empty());
    for (int i = 0; i < 3; ++i) {
        lab.at += 1s;
        lab.put(input, 4);
    }
    lab.tick();
    CHECK(lab.value(labels("silence_since_point", "s1", "ams")) == 0);
    CHECK(lab.value(labels("silence_since_change", "s1", "ams")) == 2);
    lab.at += 1s;
    lab.put(input, kStale);
    lab.at += 9s;
    lab.tick();
    CHECK(lab.value(labels("silence_since_point", "s1", "ams")) == 10);
    CHECK(lab.value(labels("silence_since_change", "s1", "ams")) == 12);
}

TEST_CASE("detectors: peers are compared with the others of their stream", "[rules][detectors]") {
    // Two streams; s1 at 1, 2 or 5 POPs, the first of which is late.
    struct Row {
        int pops;
        std::optional<double> difference;
    };
    const auto row = GENERATE(Row{1, std::nullopt}, Row{2, 3.0}, Row{5, 2.0});
    Lab lab{{spec("apart", "lag", "{kind: peer, floor: 0.5}")}};
    lab.at += 200ms;
    for (int pop = 0; pop < row.pops; ++pop)
        lab.put(labels("lag", "s1", "p" + std::to_string(pop)), pop == 0 ? 4 : pop);
    lab.put(labels("lag", "s2", "p0"), 100);
    lab.put(labels("lag", "s2", "p1"), 50);
    lab.tick();
    const auto outputs = lab.newest(labels("apart_difference", "s1", "p0"));
    if (!row.difference) {
        CHECK_FALSE(outputs);
    } else if (row.pops == 2) {
        CHECK(outputs->value == 3);
        CHECK(lab.value(labels("apart_score", "s1", "p0")) == 6);
        CHECK(lab.value(labels("apart_reference", "s1", "p0")) == 1);
    } else {
        CHECK(outputs->value == 4 - 2.5);  // of 1 2 3 4
        CHECK(lab.value(labels("apart_others", "s1", "p0")) == 4);
        CHECK(lab.value(labels("apart_difference", "s1", "p4")) == 4 - 2.5);  // of 1 2 3 and the late 4
        CHECK(lab.value(labels("apart_difference", "s1", "p1")) == 1 - 3.5);
    }
    CHECK(lab.value(labels("apart_difference", "s2", "p0")) == 50);
}

TEST_CASE("detectors: a peer that falls silent counts no more, and the last one is compared with nobody",
          "[rules][detectors]") {
    Lab lab{{spec("apart", "lag", "{kind: peer, floor: 0.5, max_age: 1s}")}};
    const auto difference = labels("apart_difference", "s1", "a");
    const auto step = [&](std::initializer_list<std::pair<const char*, double>> values) {
        lab.at += 500ms;
        for (const auto& [pop, value] : values) lab.put(labels("lag", "s1", pop), value);
        lab.tick();
    };
    step({{"a", 1}, {"b", 2}, {"c", 6}});
    CHECK(lab.value(difference) == -3);
    step({{"a", 1}, {"c", 6}});
    CHECK(lab.value(difference) == -3);  // b is half a second old
    step({{"a", 1}, {"c", 6}});
    CHECK(lab.value(difference) == -5);  // b is too old
    step({{"a", 1}, {"c", kStale}});
    CHECK(is_stale(lab.value(difference)));
    CHECK(is_stale(lab.value(labels("apart_difference", "s1", "c"))));
    step({{"a", 1}});
    CHECK(lab.newest(difference)->at == lab.at - 500ms);
    step({{"a", 1}, {"b", std::numeric_limits<double>::quiet_NaN()}, {"c", 0}});
    CHECK(lab.value(difference) == 1);
}

TEST_CASE("detectors: peers by named labels, and the best of the others", "[rules][detectors]") {
    //                                       a    b    c        of the others
    const std::string reference = GENERATE("lowest", "highest");
    Lab lab{{spec("apart", "lag", "{kind: peer, floor: 0.5, by: [protocol], reference: " + reference + "}")}};
    lab.at += 200ms;
    lab.put(labels("lag", "s1", "a"), 1);
    lab.put(labels("lag", "s2", "b"), 2);
    lab.put(labels("lag", "s3", "c"), 6);
    lab.tick();
    CHECK(lab.value(labels("apart_reference", "s1", "a")) == (reference == "lowest" ? 2 : 6));
    CHECK(lab.value(labels("apart_reference", "s2", "b")) == (reference == "lowest" ? 1 : 6));
    CHECK(lab.value(labels("apart_reference", "s3", "c")) == (reference == "lowest" ? 1 : 2));
}

}  // namespace
}  // namespace outrider::rules
