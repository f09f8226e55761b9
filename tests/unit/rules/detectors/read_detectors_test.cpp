#include "rules/detectors/read_detectors.h"

#include <catch2/catch.hpp>
#include <string>

#include "rules/detectors/detector_table.h"
#include "unit/rules/detectors/detector_settings.h"

namespace outrider::rules {
namespace {

using namespace test;

struct Read {
    std::vector<DetectorSpec> specs;
    Problems problems;
    explicit Read(const std::string& text) {
        const auto tree = FlowReader{text}.value();
        specs = read_detectors(SettingValue{&tree, problems, "detectors"});
        check_detectors(specs, problems);
    }
    [[nodiscard]] std::string said() const {
        std::string all;
        for (const auto& problem : problems) all += (all.empty() ? "" : "\n") + problem.to_string();
        return all;
    }
};

TEST_CASE("detector settings: a detector has a name, a kind, an input and labels", "[rules][detectors]") {
    const Read read{R"([{name: lag_usual, kind: ewma, input: 'outrider_lag_seconds{protocol="hls"}',
                         labels: {team: edge}, floor: 0.1}])"};
    CHECK(read.said() == "");
    REQUIRE(read.specs.size() == 1);
    const auto& spec = read.specs[0];
    CHECK(spec.name == "lag_usual");
    CHECK(spec.text == "outrider_lag_seconds{protocol=\"hls\"}");
    CHECK(spec.input.matchers.size() == 2);
    CHECK(spec.labels == Labels{{"team", "edge"}});
    CHECK(spec.output_name(spec.detector->outputs().front()) == "lag_usual_mean");
}

TEST_CASE("detector settings: every kind is read with all of its settings", "[rules][detectors]") {
    const std::string settings = GENERATE(
        "kind: ewma, half_life: 1m, warm_up: 10s, min_samples: 5, floor: 0.1, relative_floor: 0.05",
        "kind: cusum, half_life: 1m, warm_up: 10s, min_samples: 5, floor: 0.1, relative_floor: 0.05, drift: 0.5, clip: "
        "3, "
        "alarm: 8, relearn: 1h",
        "kind: cusum, floor: 1e-3", "kind: quantile, q: 0.99, min_samples: 100, half_life: 1h",
        "kind: quantile, q: 0.5",
        "kind: holt, half_life: 5s, slope_half_life: 20s, horizon: 30s, warm_up: 1m, min_samples: 20", "kind: holt",
        "kind: peer, without: [pop], reference: lowest, floor: 0.5, relative_floor: 0.1, min_peers: 2, max_age: 2s",
        "kind: peer, by: [stream], floor: 0.5", "kind: absence, floor: 0.5", "kind: absence");
    const Read read{"[{name: x, input: up, " + settings + "}]"};
    CHECK(read.said() == "");
    REQUIRE(read.specs.size() == 1);
    CHECK(read.specs[0].detector != nullptr);
    CHECK(detector_kinds().size() == 6);
}

TEST_CASE("detector settings: an absent or empty section is no detector", "[rules][detectors]") {
    CHECK(Read{"[]"}.specs.empty());
    Problems problems;
    CHECK(read_detectors(SettingValue{nullptr, problems, "detectors"}).empty());
    CHECK(problems.empty());
}

TEST_CASE("detector settings: what is wrong is said with its place", "[rules][detectors]") {
    struct Row {
        std::string text, message;
    };
    const auto row = GENERATE(values<Row>({
        {"{}", "rules.yaml:1:1: detectors: want a list, got a map"},
        {"[{kind: ewma, input: up, floor: 1}]", "rules.yaml:1:2: name: missing; a detector needs it"},
        {"[{name: a b, kind: ewma, input: up, floor: 1}]",
         "rules.yaml:1:9: name: want a metric name such as lag_usual, got \"a b\""},
        {"[{name: x, kind: ewma, floor: 1}]", "rules.yaml:1:2: input: missing; a detector needs it"},
        {"[{name: x, kind: emwa, input: up, floor: 1}]",
         "rules.yaml:1:18: kind: want one of ewma, cusum, quantile, holt, peer, absence, got \"emwa\""},
        {"[{name: x, kind: ewma, input: up, floor: 1, halflife: 3s}]",
         "rules.yaml:1:45: unknown key \"halflife\" in a detector, did you mean \"half_life\"?"},
        {"[{name: x, kind: ewma, input: up}]", "rules.yaml:1:2: floor: missing; a detector needs it"},
        {"[{name: x, kind: ewma, input: up, floor: 0}]", "rules.yaml:1:42: floor: want a number above 0, got \"0\""},
        {"[{name: x, kind: ewma, input: up, floor: \"1\"}]",
         "rules.yaml:1:42: floor: want a number above 0, got \"1\""},
        {"[{name: x, kind: ewma, input: up, floor: nan}]",
         "rules.yaml:1:42: floor: want a number above 0, got \"nan\""},
        {"[{name: x, kind: ewma, input: up, floor: 1, relative_floor: -1}]",
         "rules.yaml:1:61: relative_floor: want a number of at least 0, got \"-1\""},
        {"[{name: x, kind: ewma, input: up, floor: 1, half_life: 5}]",
         "rules.yaml:1:56: half_life: want a duration from 100ms to 365d, got \"5\""},
        {"[{name: x, kind: ewma, input: up, floor: 1, min_samples: 1}]",
         "rules.yaml:1:58: min_samples: want a whole number from 2 to 1000000, got \"1\""},
        {"[{name: x, kind: cusum, input: up, floor: 1, drift: 2, clip: 2}]",
         "rules.yaml:1:62: clip: want more than the drift, else no sum can ever rise"},
        {"[{name: x, kind: quantile, input: up}]", "rules.yaml:1:2: q: missing; a detector needs it"},
        {"[{name: x, kind: quantile, input: up, q: 99}]",
         "rules.yaml:1:42: q: want a number from 0.0001 to 0.9999, got \"99\""},
        {"[{name: x, kind: peer, input: up, floor: 1, reference: best}]",
         "rules.yaml:1:56: reference: want one of median, lowest, highest, got \"best\""},
        {"[{name: x, kind: peer, input: up, floor: 1, by: [a], without: [b]}]",
         "rules.yaml:1:63: without: stands beside by; one of them is enough"},
        {"[{name: x, kind: peer, input: up, floor: 1, by: [1a]}]",
         "rules.yaml:1:50: by[0]: want a label name such as pop, got \"1a\""},
        {"[{name: x, kind: ewma, input: up > 1, floor: 1}]",
         "rules.yaml:1:31: input: want a metric with label matchers such as outrider_lag_seconds{protocol=\"hls\"}, "
         "got \"up > 1\""},
        {"[{name: x, kind: ewma, input: up offset 5m, floor: 1}]",
         "rules.yaml:1:31: input: takes neither offset nor @: a detector sees each point when it comes"},
        {"[{name: x, kind: ewma, input: '{pop=\"a\"}', floor: 1}]",
         "rules.yaml:1:31: input: want one metric's name: series of several would be one once the name is dropped"},
        {"[{name: x, kind: ewma, input: up, floor: 1, labels: {__name__: y}}]",
         "rules.yaml:1:53: labels: cannot set __name__, which is made from `name`"},
        {"[{name: x, kind: ewma, input: up, floor: 1}, {name: x, kind: cusum, input: up, floor: 1}]",
         "rules.yaml:1:53: name: want a name of its own, another detector makes \"x_mean\""},
        {"[{name: x, kind: ewma, input: x_mean, floor: 1}]", "rules.yaml:1:31: input: is made by this detector itself"},
        {"[{name: x, kind: ewma, input: y_value, floor: 1}, {name: y, kind: quantile, q: 0.5, input: up}]",
         "rules.yaml:1:31: input: is made by a detector further down; want it to stand before this one"},
    }));
    CHECK(Read{row.text}.said() == row.message);
}

TEST_CASE("detector settings: a mistake in an input is shown where it is", "[rules][detectors]") {
    const auto said = Read{"[{name: x, kind: ewma, input: up and, floor: 1}]"}.said();
    CHECK(said.rfind("rules.yaml:1:", 0) == 0);
    CHECK(said.find(": input: ") != said.npos);
    CHECK(said.find('\n') == said.npos);
}

TEST_CASE("detector settings: a detector may take the output of one further up", "[rules][detectors]") {
    CHECK(Read{"[{name: y, kind: quantile, q: 0.5, input: up}, {name: x, kind: ewma, input: y_value, floor: 1}]"}
              .said() == "");
}

}  // namespace
}  // namespace outrider::rules
