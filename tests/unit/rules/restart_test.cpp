// What a restart, a silence and a change of configuration do to alerts.
#include <array>
#include <catch2/catch.hpp>

#include "engine_run.h"

using namespace outrider;
using namespace outrider::rules;
using namespace outrider::rules::test;

namespace {

const auto kTwoTargets = targets({{"demo", "sin1"}, {"demo", "fra1"}});

std::string state_of(const Run& run, std::string_view alertname) {
    std::string states;
    for (const auto& alert : run.engine.active_alerts())
        if (alert.labels.value_of("alertname") == alertname) states += to_string(alert.state).at(0);
    return states;
}

}  // namespace

TEST_CASE("restart: a pending alert goes on counting, although the first tick comes before the first sample",
          "[rules][engine]") {
    const std::vector<Rule> rules{rule("Late", "outrider_lag_seconds > 1", 2s)};
    Run before{rules, kTwoTargets};
    before.heartbeat(0s, {2, 0});
    REQUIRE(state_of(before, "Late") == "p");
    Run after{rules, kTwoTargets, before.saved()};
    after.tick(1s);
    after.heartbeat(1200ms, {2, 0});
    CHECK(state_of(after, "Late") == "p");
    CHECK(after.effects.empty());
    after.heartbeat(2s, {2, 0});
    REQUIRE(state_of(after, "Late") == "f");
    CHECK(after.book.begin()->second.active_at == kStart);
    SECTION("but not for ever") {
        Run silent{rules, kTwoTargets, before.saved()};
        for (int i = 0; i < 100; ++i) silent.tick(1s + 200ms * i);
        CHECK(silent.book.empty());
        CHECK(state_of(silent, "Late") == "");
        CHECK(silent.all<AlertChanged>().size() == 1);
    }
    SECTION("nor when the first sample says that all is well") {
        Run well{rules, kTwoTargets, before.saved()};
        well.tick(1s);
        well.heartbeat(1200ms, {0, 0});
        CHECK(state_of(well, "Late") == "");
    }
}

TEST_CASE("restart: it ends no alert, even where silence would", "[rules][engine]") {
    auto late = rule("Late", "outrider_lag_seconds > 1");
    late.on_no_data = OnNoData::resolve;
    late.on_no_data_given = true;
    Run before{{late}, kTwoTargets};
    before.heartbeat(0s, {2, 0});
    Run after{{late}, kTwoTargets, before.saved()};
    after.tick(1s);
    after.heartbeat(1200ms, {2, 0});
    CHECK(after.effects.empty());
    for (int i = 0; i < 40; ++i) after.tick(1400ms + 200ms * i);  // 8 s of silence
    CHECK(after.all<IncidentResolved>().size() == 1);
}

TEST_CASE("restart: it fires no pending alert, even where silence would, until a look-back has passed",
          "[rules][engine]") {
    auto late = rule("Late", "outrider_lag_seconds > 1", 2s);
    late.on_no_data = OnNoData::fire;
    Run before{{late}, kTwoTargets};
    before.heartbeat(0s, {2, 0});
    Run after{{late}, kTwoTargets, before.saved()};
    for (int i = 0; i < 70; ++i) after.tick(4s + 200ms * i);
    CHECK(state_of(after, "Late") == "p");
    for (int i = 70; i < 80; ++i) after.tick(4s + 200ms * i);
    CHECK(state_of(after, "Late") == "f");
}

TEST_CASE("restart: a range is no answer before it is full", "[rules][engine]") {
    const auto* const text =
        GENERATE("rate(outrider_lag_seconds[10s]) > 0", "count_over_time(outrider_lag_seconds[10s]) > 20",
                 "max_over_time((outrider_lag_seconds > bool 100)[10s:1s]) < 1 and "
                 "count_over_time(outrider_lag_seconds[10s]) > 20");
    CAPTURE(text);
    const std::vector<Rule> rules{rule("Grows", text)};
    Run run{rules, kTwoTargets};
    const auto step = [](Run& one, int i) { one.heartbeat(200ms * i, {0.1 * i, 0.0}); };
    for (int i = 0; i < 60; ++i) step(run, i);
    const auto firing = state_of(run, "Grows");
    REQUIRE(firing.starts_with("f"));
    SECTION("after a restart") {
        Run after{rules, kTwoTargets, run.saved()};
        after.tick(12s);
        for (int i = 61; i < 130; ++i) {
            step(after, i);
            REQUIRE(state_of(after, "Grows") == firing);
        }
        CHECK(after.effects.empty());
    }
    SECTION("after silence") {
        for (int i = 60; i < 160; ++i) run.tick(200ms * i);
        run.effects.clear();
        for (int i = 160; i < 230; ++i) {
            step(run, i);
            REQUIRE(state_of(run, "Grows") == firing);
        }
        CHECK(run.effects.empty());
    }
    SECTION("and then it is one") {
        Run after{rules, kTwoTargets, run.saved()};
        after.tick(12s);
        for (int i = 61; i < 120; ++i) after.heartbeat(200ms * i, {5, 5});
        const auto over = std::string_view{text}.starts_with("rate");
        CHECK(state_of(after, "Grows") == (over ? "" : firing));
    }
}

TEST_CASE("restart: an alert goes to the rule that can have made it", "[rules][engine]") {
    const std::vector<Rule> rules{rule("Late", "outrider_lag_seconds{pop=\"fra1\"} > 1"),
                                  rule("Late", "outrider_lag_seconds{pop!=\"fra1\"} > 1")};
    Run before{rules, kTwoTargets};
    before.heartbeat(0s, {2, 2});
    REQUIRE(state_of(before, "Late") == "ff");
    Run after{rules, kTwoTargets, before.saved()};
    after.heartbeat(1s, {2, 2});
    CHECK(after.effects.empty());
    after.heartbeat(2s, {0, 0});
    CHECK(state_of(after, "Late") == "");
    SECTION("and ends when none can") {
        Run narrowed{{rules[1]}, kTwoTargets, before.saved()};
        narrowed.heartbeat(1s, {2, 2});
        REQUIRE(narrowed.all<IncidentResolved>().size() == 1);
        CHECK(narrowed.all<IncidentResolved>()[0].reason == "its rule was removed or changed");
        CHECK(state_of(narrowed, "Late") == "f");
    }
}

TEST_CASE("restart: a rule's label may say anything about the one that it overrides", "[rules][engine]") {
    auto late = rule("Late", "outrider_lag_seconds > 1");
    late.labels.push_back(text("pop", "{{ if eq $labels.pop \"sin1\" }}Singapore{{ else }}Europe{{ end }}"));
    Run before{{late}, kTwoTargets};
    for (int i = 0; i < 10; ++i) before.heartbeat(200ms * i, {2, 2});
    REQUIRE(before.all<IncidentOpened>().size() == 2);  // no target of that name, and no storm
    CHECK(before.all<IncidentResolved>().empty());
    Run after{{late}, kTwoTargets, before.saved()};
    for (int i = 10; i < 20; ++i) after.heartbeat(200ms * i, {2, 2});
    CHECK(after.effects.empty());
    after.heartbeat(5s, {0, 0});
    CHECK(after.all<IncidentResolved>().size() == 2);
}

TEST_CASE("restart: labels that the expression makes are no targets that were removed", "[rules][engine]") {
    const std::vector<Rule> rules{
        rule("Late", "label_replace(outrider_lag_seconds > 1, \"pop\", \"eu-$1\", \"pop\", \"(.*)\")"),
        recording("eu:lag", "outrider_lag_seconds", {{"pop", "eu"}, {"stream", "any"}}),
        rule("Any", "max(eu:lag) > 1")};
    Run before{rules, targets({{"demo", "sin1"}})};
    before.heartbeat(0s, {2});
    REQUIRE(state_of(before, "Late") + state_of(before, "Any") == "ff");
    Run after{rules, targets({{"demo", "sin1"}}), before.saved()};
    after.tick(1s);
    for (int i = 6; i < 120; ++i) after.heartbeat(200ms * i, {2});
    CHECK(after.effects.empty());
}

TEST_CASE("restart: the first targets to report do not speak for all", "[rules][engine]") {
    const std::vector<Rule> rules{rule("Many", "count(outrider_lag_seconds > 1) > 1"),
                                  rule("Late", "max by (stream, pop, protocol) (outrider_lag_seconds) > 1")};
    Run before{rules, kTwoTargets};
    before.heartbeat(0s, {2, 2});
    REQUIRE(state_of(before, "Many") == "f");
    Run after{rules, kTwoTargets, before.saved()};
    after.heartbeat(1s, {2});
    after.heartbeat(1200ms, {2});
    CHECK(after.effects.empty());
    after.heartbeat(1400ms, {2, 0});
    CHECK(state_of(after, "Late") == "f");  // of one target, which has reported
    CHECK(state_of(after, "Many") == "f");
    for (int i = 8; i < 90; ++i) after.heartbeat(200ms * i, {2, 0});
    CHECK(state_of(after, "Many") == "");
}

TEST_CASE("restart: what a group or an expression sees late is waited for as long", "[rules][engine]") {
    auto late = rule("Late", "outrider_lag_seconds offset 20s > 1", 70s);
    Run before{{late}, kTwoTargets};
    for (int i = 0; i < 150; ++i) before.heartbeat(200ms * i, {2, 0});
    REQUIRE(state_of(before, "Late") == "p");
    Run after{{late}, kTwoTargets, before.saved()};
    for (int i = 150; i < 450; ++i) {
        after.heartbeat(200ms * i, {2, 0});
        REQUIRE(state_of(after, "Late") == "p");
    }
    CHECK(after.effects.empty());
}

TEST_CASE("restart: an alert that two rules can have goes to both", "[rules][engine]") {
    const std::vector<Rule> rules{rule("Late", "outrider_lag_seconds > 3"),
                                  rule("Late", "outrider_lag_seconds > 1", 2s)};
    Run before{rules, kTwoTargets};
    for (int i = 0; i < 15; ++i) before.heartbeat(200ms * i, {2, 0});
    REQUIRE(before.book.begin()->second.state == AlertState::firing);
    Run after{rules, kTwoTargets, before.saved()};
    for (int i = 15; i < 30; ++i) after.heartbeat(200ms * i, {2, 0});
    CHECK(after.all<IncidentResolved>().empty());
    CHECK(after.book.begin()->second == before.book.begin()->second);
    after.heartbeat(10s, {0, 0});
    CHECK(after.all<IncidentResolved>().size() == 1);
    CHECK(after.book.empty());
}

TEST_CASE("restart: keep_firing_for goes on with the same count, also with a resolve_expr", "[rules][engine]") {
    auto late = rule("Late", "outrider_lag_seconds > 1", 0s, 60s);
    late.resolve_expr = expr("outrider_lag_seconds < 1");
    Run before{{late}, kTwoTargets};
    before.heartbeat(0s, {2, 0});
    before.heartbeat(200ms, {0, 0});
    REQUIRE(before.book.begin()->second.false_since == kStart + 200ms);
    Run after{{late}, kTwoTargets, before.saved()};
    after.tick(1s);
    after.heartbeat(1200ms, {0, 0});
    CHECK(after.effects.empty());
}

TEST_CASE("silence: a hole in a range makes nothing true, and one behind it is none", "[rules][engine]") {
    SECTION("on_no_data: fire") {
        auto fast = rule("Fast", "rate(outrider_lag_seconds[10s]) > 2", 5s);
        fast.on_no_data = OnNoData::fire;
        Run run{{fast}, kTwoTargets};
        const auto well = [&](int i) { run.heartbeat(200ms * i, {0.2 * i, 0.2 * i}); };
        for (int i = 0; i < 75; ++i) well(i);
        for (int i = 75; i < 140; ++i) run.tick(200ms * i);  // 13 s: for 3 s the range has been empty
        REQUIRE(state_of(run, "Fast") == "pp");
        for (int i = 140; i < 240; ++i) {
            well(i);
            REQUIRE(state_of(run, "Fast") == "");
        }
    }
    SECTION("offset") {
        Run run{{rule("Fast", "rate(outrider_lag_seconds[4s] offset 20s) > 2")}, kTwoTargets};
        const auto step = [&](int i) {  // steep for 5 s, flat ever since, silent from 14 s to 20 s
            const auto value = i < 25 ? 1.0 * i : 25.0;
            if (i < 70 || i >= 100) return run.heartbeat(200ms * i, {value, 0});
            run.tick(200ms * i);
        };
        for (int i = 0; i < 126; ++i) step(i);
        REQUIRE(state_of(run, "Fast") == "f");
        for (int i = 126; i < 150; ++i) step(i);
        CHECK(state_of(run, "Fast") == "");
    }
}

TEST_CASE("restart: an alert about what is not there needs no target", "[rules][engine]") {
    const std::vector<Rule> rules{rule("Missing", "absent(outrider_lag_seconds{stream=\"other\"})", 1s)};
    Run before{rules, kTwoTargets};
    for (int i = 0; i < 10; ++i) before.heartbeat(200ms * i, {0, 0});
    REQUIRE(state_of(before, "Missing") == "f");
    Run after{rules, kTwoTargets, before.saved()};
    for (int i = 10; i < 20; ++i) after.heartbeat(200ms * i, {0, 0});
    CHECK(after.effects.empty());
}

TEST_CASE("restart: what is not measured any more ends when the rest of its target reports", "[rules][engine]") {
    const std::vector<Rule> rules{rule("Stalls", "outrider_viewer_stalls_total > 0")};
    const auto step = [](Run& run, Duration t, std::vector<std::string> viewers) {
        for (const std::uint32_t id : {0U, 1U}) {
            Sample one = sample(id, kStart + t, 0);
            for (const auto& viewer : viewers)
                one.readings.push_back({Metric::viewer_stalls_total, ExtraLabel{viewer}, 1});
            run.take(run.engine.handle(one));
        }
        run.tick(t);
    };
    Run before{rules, kTwoTargets};
    step(before, 0s, {"1s", "3s"});
    REQUIRE(state_of(before, "Stalls") == "ffff");
    Run after{rules, kTwoTargets, before.saved()};
    for (int i = 5; i < 70; ++i) step(after, 200ms * i, {"1s"});
    CHECK(state_of(after, "Stalls") == "ffff");  // it may still come
    for (int i = 70; i < 90; ++i) step(after, 200ms * i, {"1s"});
    CHECK(state_of(after, "Stalls") == "ff");
    for (const auto& [labels, alert] : after.book) CHECK(labels.value_of("viewer") == "1s");
}

TEST_CASE("engine: evaluations are for multiples of the interval, however late the tick", "[rules][engine]") {
    const std::vector<Rule> rules{rule("Late", "outrider_lag_seconds > 1", 400ms)};
    Run run{rules, kTwoTargets};
    const std::array<Duration, 3> late{300us, 90us, 4ms};
    for (int i = 0; i < 3; ++i) {
        run.take(run.engine.handle(sample(0, kStart + 200ms * i - 1ms, 2)));
        run.tick(200ms * i + late.at(static_cast<std::size_t>(i)));
    }
    REQUIRE(state_of(run, "Late") == "p");  // since 200 ms: the first tick came after its multiple, and was none
    run.take(run.engine.handle(sample(0, kStart + 599ms, 2)));
    run.tick(600ms);
    CHECK(state_of(run, "Late") == "f");
    CHECK(run.book.begin()->second.fired_at == kStart + 600ms);
}

TEST_CASE("engine: an alert that two rules have lasts as long as one of them has it", "[rules][engine]") {
    Run run{{rule("Late", "outrider_lag_seconds > 1"), rule("Late", "outrider_lag_seconds > 3", 400ms)}, kTwoTargets};
    run.heartbeat(0s, {4, 0});
    run.heartbeat(200ms, {4, 0});
    REQUIRE(run.book.size() == 1);
    CHECK(run.book.begin()->second.state == AlertState::firing);  // not the pending of the other
    run.heartbeat(400ms, {4, 0});
    run.heartbeat(600ms, {2, 0});  // the second is over
    CHECK(run.all<IncidentResolved>().empty());
    REQUIRE(run.book.size() == 1);
    CHECK(run.book.begin()->second.state == AlertState::firing);
    run.heartbeat(800ms, {0, 0});
    CHECK(run.all<IncidentResolved>().size() == 1);
    CHECK(run.book.empty());
}
