#include "rules/alert_rule.h"

#include <catch2/catch.hpp>

#include "builders.h"

using namespace outrider;
using namespace outrider::rules;
using namespace outrider::rules::test;

namespace {

/// One target whose lag is set by hand; every step is one heartbeat and one evaluation.
struct Bench {
    LatestStore store;
    AlertRuleState state;

    explicit Bench(AlertRule rule) : state(std::move(rule)) { store.set_targets(targets({{"demo", "sin1"}})); }

    std::vector<AlertChanged> at(Duration t, std::optional<double> lag) {
        if (lag) store.append(sample(0, kStart + t, *lag));
        return state.evaluate(store, kStart + t);
    }
    [[nodiscard]] std::string now() const {
        return state.active().empty() ? "inactive" : std::string{to_string(state.active().begin()->second.state)};
    }
};

}  // namespace

TEST_CASE("alert: for and keep_firing_for keep Prometheus's timeline", "[rules][alert]") {
    // | t      | 0 | 10      20      | 30 40 50 | 60 (first false) 70 80 | 90       | (for 20s, keep_firing_for 30s)
    // | value  | f | t       t       | t  t  t  | f  f  f               | f        |
    // | state  | - | pending pending | firing   | firing                | resolved |
    Bench bench{rule("Late", "outrider_lag_seconds > 1", 20s, 30s)};
    const std::pair<int, std::string> wanted[] = {{0, "inactive"}, {10, "pending"}, {20, "pending"}, {30, "firing"},
                                                  {40, "firing"},  {50, "firing"},  {60, "firing"},  {70, "firing"},
                                                  {80, "firing"},  {90, "inactive"}};
    for (const auto& [t, state] : wanted) {
        const auto changes = bench.at(std::chrono::seconds{t}, t >= 10 && t <= 50 ? 2.0 : 0.0);
        INFO("t = " << t);
        CHECK(bench.now() == state);
        if (t == 90) {
            REQUIRE(changes.size() == 1);
            CHECK(changes[0].alert.state == AlertState::resolved);
            CHECK(changes[0].alert.active_at == kStart + 10s);
            CHECK(changes[0].alert.fired_at == kStart + 30s);
            CHECK(changes[0].alert.resolved_at == kStart + 90s);
        }
    }
}

TEST_CASE("alert: without for it fires in the tick in which it becomes true", "[rules][alert]") {
    Bench bench{rule("Late", "outrider_lag_seconds > 1")};
    const auto changes = bench.at(0s, 2.0);
    REQUIRE(changes.size() == 1);
    CHECK(changes[0].alert.state == AlertState::firing);
    CHECK(changes[0].alert.labels ==
          Labels{{"alertname", "Late"}, {"pop", "sin1"}, {"protocol", "httpflv"}, {"stream", "demo"}});
    CHECK(bench.at(1s, 3.0).empty());  // a value that moves is no change
    CHECK(bench.at(2s, 0.0).size() == 1);
    CHECK(bench.now() == "inactive");
}

TEST_CASE("alert: a pending alert that turns false is forgotten", "[rules][alert]") {
    Bench bench{rule("Late", "outrider_lag_seconds > 1", 10s)};
    bench.at(0s, 2.0);
    const auto changes = bench.at(1s, 0.0);
    REQUIRE(changes.size() == 1);
    CHECK(changes[0].forgotten);
    CHECK(bench.now() == "inactive");
}

TEST_CASE("alert: true again during keep_firing_for goes on as the same alert", "[rules][alert]") {
    Bench bench{rule("Late", "outrider_lag_seconds > 1", 0s, 10s)};
    bench.at(0s, 2.0);
    bench.at(1s, 0.0);
    bench.at(5s, 2.0);
    for (int t = 6; t < 16; ++t) bench.at(std::chrono::seconds{t}, 0.0);
    CHECK(bench.now() == "firing");  // counted anew from t = 6
    CHECK(bench.at(16s, 0.0).at(0).alert.fired_at == kStart);
}

TEST_CASE("alert: silence is not recovery", "[rules][alert]") {
    Bench bench{rule("Late", "outrider_lag_seconds > 1")};
    bench.at(0s, 2.0);
    for (int t = 1; t < 600; ++t) CHECK(bench.at(std::chrono::seconds{t}, std::nullopt).empty());
    CHECK(bench.now() == "firing");
    CHECK(bench.at(600s, 0.0).size() == 1);
    CHECK(bench.now() == "inactive");
}

TEST_CASE("alert: labels and annotations are filled in", "[rules][alert]") {
    auto late = rule("Late", "outrider_lag_seconds > 1");
    late.labels.emplace_back("severity", *Template::parse("critical"));
    late.labels.emplace_back("pop", *Template::parse("pop-{{ $labels.pop }}"));  // a rule's label wins
    late.annotations.emplace_back("description", *Template::parse("{{$labels.stream}} is {{ $value }} s late"));
    Bench bench{std::move(late)};
    const auto changes = bench.at(0s, 2.5);
    REQUIRE(changes.size() == 1);
    CHECK(changes[0].alert.labels.value_of("severity") == "critical");
    CHECK(changes[0].alert.labels.value_of("pop") == "pop-sin1");
    CHECK(changes[0].alert.annotations.value_of("description") == "demo is 2.5 s late");
    CHECK(bench.at(1s, 0.5).size() == 1);  // found again under its own labels
}

TEST_CASE("alert: a restored alert goes on as if nothing had happened", "[rules][alert]") {
    const auto make = [] { return rule("Late", "outrider_lag_seconds > 1", 20s, 30s); };
    const auto kill_at = GENERATE(15, 25, 45, 65, 85);
    Bench first{make()};
    std::optional<Alert> saved;
    for (int t = 0; t < kill_at; t += 5)
        for (const auto& change : first.at(std::chrono::seconds{t}, t >= 10 && t <= 50 ? 2.0 : 0.0))
            saved = change.forgotten ? std::nullopt : std::optional{change.alert};
    Bench second{make()};
    REQUIRE(saved);
    REQUIRE(second.state.restore(*saved));
    std::optional<Instant> fired;
    std::optional<Instant> resolved;
    if (saved->fired_at) fired = saved->fired_at;
    for (int t = kill_at; t <= 120; t += 5)
        for (const auto& change : second.at(std::chrono::seconds{t}, t >= 10 && t <= 50 ? 2.0 : 0.0)) {
            if (change.alert.fired_at) fired = change.alert.fired_at;
            if (change.alert.resolved_at) resolved = change.alert.resolved_at;
        }
    CHECK(fired == kStart + 30s);
    CHECK(resolved == kStart + 85s);  // first false at 55
}
