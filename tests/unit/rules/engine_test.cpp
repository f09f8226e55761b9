#include "rules/engine.h"

#include <catch2/catch.hpp>
#include <map>
#include <memory>

#include "engine_run.h"

using namespace outrider;
using namespace outrider::rules;
using namespace outrider::rules::test;

namespace {

const IncidentKey kSin1Key{{"stream", "demo"}, {"pop", "sin1"}, {"protocol", "httpflv"}};

}  // namespace

TEST_CASE("engine: one starved endpoint opens one incident, with evidence and where to switch", "[rules][engine]") {
    Run run{{rule("Late", "outrider_lag_seconds > 1")},
            targets({{"demo", "sin1"}, {"demo", "fra1"}, {"demo", "iad1"}})};
    run.heartbeat(0s, {0.0, 0.1, 0.05});
    run.heartbeat(1s, {1.5, 0.1, 0.05});
    run.heartbeat(2s, {2.5, 0.1, 0.05});
    run.heartbeat(3s, {0.5, 0.1, 0.05});
    const auto opened = run.all<IncidentOpened>();
    REQUIRE(opened.size() == 1);
    CHECK(opened[0].key == kSin1Key);
    CHECK(opened[0].fault.scope == Scope::endpoint);
    CHECK(opened[0].switch_to == "iad1");
    CHECK(opened[0].priority == Priority::p3);
    REQUIRE(opened[0].timeline.size() >= 3);
    CHECK(opened[0].timeline[0].kind == TimelineKind::onset);
    const auto resolved = run.all<IncidentResolved>();
    REQUIRE(resolved.size() == 1);
    CHECK(resolved[0].key == kSin1Key);
    CHECK(resolved[0].at == kStart + 3s);
}

TEST_CASE("engine: two alerts about one endpoint are one incident, over when both are", "[rules][engine]") {
    Run run{{rule("Late", "outrider_lag_seconds > 1"), rule("VeryLate", "outrider_lag_seconds > 3")},
            targets({{"demo", "sin1"}, {"demo", "fra1"}})};
    run.heartbeat(0s, {2, 0});
    run.heartbeat(1s, {4, 0});
    run.heartbeat(2s, {2, 0});
    CHECK(run.all<IncidentResolved>().empty());
    run.heartbeat(3s, {0, 0});
    CHECK(run.all<IncidentResolved>().size() == 1);
    const auto opened = run.all<IncidentOpened>();
    REQUIRE(opened.size() == 2);  // the second joins the first by its key
    CHECK(opened[0].key == opened[1].key);
    CHECK(opened[1].timeline[0].kind == TimelineKind::evidence);
}

TEST_CASE("engine: the same events give the same effects", "[rules][engine]") {
    const auto run_once = [] {
        Run run{{rule("Late", "outrider_lag_seconds > 1", 1s, 2s)}, targets({{"demo", "sin1"}, {"demo", "fra1"}})};
        for (int i = 0; i < 500; ++i) run.heartbeat(200ms * i, {(i * 37 % 100) / 40.0, (i * 53 % 100) / 60.0});
        return run.effects;
    };
    const auto effects = run_once();
    CHECK(effects.size() > 10);
    CHECK(effects == run_once());
}

TEST_CASE("engine: a restored incident is resolved when its stream is well again", "[rules][engine]") {
    Run before{{rule("Late", "outrider_lag_seconds > 1")}, targets({{"demo", "sin1"}, {"demo", "fra1"}})};
    before.heartbeat(0s, {2, 0});
    const auto saved = before.all<AlertChanged>().back().alert;
    Run after{{rule("Late", "outrider_lag_seconds > 1")}, targets({{"demo", "sin1"}, {"demo", "fra1"}}), {saved}};
    after.heartbeat(10s, {2, 0});
    CHECK(after.effects.empty());  // neither a second incident nor a second alert
    after.heartbeat(11s, {0, 0});
    CHECK(after.all<IncidentResolved>().size() == 1);
}

TEST_CASE("engine: an alert whose rule or target is gone is resolved explicitly", "[rules][engine]") {
    Run before{{rule("Late", "outrider_lag_seconds > 1")}, targets({{"demo", "sin1"}, {"demo", "fra1"}})};
    before.heartbeat(0s, {2, 0});
    const auto saved = before.all<AlertChanged>().back().alert;
    SECTION("rule") {
        Run after{{rule("Other", "outrider_lag_seconds > 1")}, targets({{"demo", "sin1"}, {"demo", "fra1"}}), {saved}};
        after.heartbeat(10s, {0, 0});
        REQUIRE(after.all<IncidentResolved>().size() == 1);
        CHECK(after.all<IncidentResolved>()[0].reason == "its rule was removed or changed");
        CHECK(after.all<AlertChanged>()[0].alert.state == AlertState::resolved);
    }
    SECTION("target") {
        Run after{{rule("Late", "outrider_lag_seconds > 1")}, targets({{"demo", "fra1"}}), {saved}};
        after.heartbeat(10s, {0});
        CHECK(after.effects.empty());  // its series may still come under other labels
        after.heartbeat(26s, {0});
        REQUIRE(after.all<IncidentResolved>().size() == 1);
        CHECK(after.all<IncidentResolved>()[0].reason == "its target was removed");
    }
}

TEST_CASE("engine: duplicate, reordered and foreign samples are refused and counted", "[rules][engine]") {
    Run run{{rule("Late", "outrider_lag_seconds > 1")}, targets({{"demo", "sin1"}})};
    run.heartbeat(1s, {0});
    run.take(run.engine.handle(sample(0, kStart + 1s, 9)));
    run.take(run.engine.handle(sample(0, kStart, 9)));
    run.take(run.engine.handle(sample(77, kStart + 2s, 9)));
    run.take(run.engine.handle(Tick{kStart + 2s}));
    CHECK(run.engine.counters().refused_samples == 3);
    CHECK(run.effects.empty());
}

TEST_CASE("engine: evaluations that a late tick left out are counted", "[rules][engine]") {
    Run run{{rule("Late", "outrider_lag_seconds > 1")}, targets({{"demo", "sin1"}})};
    run.heartbeat(0s, {0});
    run.heartbeat(200ms, {0});
    CHECK(run.engine.counters().missed == 0);
    run.heartbeat(1200ms, {0});
    CHECK(run.engine.counters().missed == 4);
    CHECK(run.engine.counters().evaluations == 3);
    CHECK(run.engine.counters().rules == 3);
}

TEST_CASE("engine: groups are evaluated at their own intervals, and see what others recorded", "[rules][engine]") {
    RuleFile two{.groups = {group({recording("worst", "max(outrider_lag_seconds)")}, 60s),
                            group({rule("Late", "worst > 1")}, 200ms)}};
    two.groups[1].name = "h";
    Engine engine{{two}};
    CHECK(engine.tick_interval() == 200ms);
    (void)engine.handle(TargetsChanged{targets({{"demo", "sin1"}})});
    std::size_t fired = 0;
    const auto run = [&](Duration from, Duration to, double lag) {
        for (auto t = from; t < to; t += 200ms) {
            (void)engine.handle(sample(0, kStart + 40s + t, lag));  // kStart + 40 s is a full minute
            for (const auto& effect : engine.handle(Tick{kStart + 40s + t}))
                if (const auto* changed = std::get_if<AlertChanged>(&effect))
                    fired += changed->alert.state == AlertState::firing ? 1 : 0;
        }
    };
    run(0s, 59s, 2);
    CHECK(fired == 1);
    CHECK(engine.active_alerts().size() == 1);  // what was recorded a minute ago is there until it is recorded again
    CHECK(engine.counters().missed == 0);
    run(60s, 61s, 0);
    CHECK(engine.active_alerts().empty());
}

TEST_CASE("engine: ticks suit every group's interval", "[rules][engine]") {
    const auto interval = [](std::initializer_list<Duration> all) {
        RuleFile file;
        for (const auto each : all) file.groups.push_back(group({}, each));
        return Engine{{file}}.tick_interval();
    };
    CHECK(Engine{std::vector<RuleFile>{}}.tick_interval() == kDefaultInterval);
    CHECK(interval({60s, 200ms}) == 200ms);
    CHECK(interval({250ms, 100ms}) == 50ms);
    CHECK(interval({101ms, 250ms}) == 101ms);  // 1 ms would be dear
}

TEST_CASE("engine: a group with query_offset looks at the past", "[rules][engine]") {
    auto rules = file({rule("Late", "outrider_lag_seconds > 1")});
    rules.groups[0].query_offset = 1s;
    Engine engine{{rules}};
    (void)engine.handle(TargetsChanged{targets({{"demo", "sin1"}})});
    std::vector<int> fired_at;
    for (int i = 0; i < 20; ++i) {
        (void)engine.handle(sample(0, kStart + 200ms * i, i >= 5 ? 2 : 0));
        if (!engine.handle(Tick{kStart + 200ms * i}).empty()) fired_at.push_back(i);
    }
    CHECK(fired_at == std::vector{10});
}

TEST_CASE("engine: a silent target's alert is held, and ends when it reports that it is well", "[rules][engine]") {
    Run run{{rule("Late", "outrider_lag_seconds > 1")}, targets({{"demo", "sin1"}, {"demo", "fra1"}})};
    run.heartbeat(0s, {2, 0});
    for (int t = 1; t < 600; ++t) run.take(run.engine.handle(Tick{kStart + std::chrono::seconds{t}}));
    CHECK(run.all<AlertChanged>().size() == 1);
    CHECK(run.engine.active_alerts().size() == 1);
    run.heartbeat(600s, {0, 0});
    CHECK(run.engine.active_alerts().empty());
}

TEST_CASE("engine: cut anywhere and restored, effects are those without the cut", "[rules][engine]") {
    // Samples go on coming; the engine that is cut is another one from the next step on.
    const auto list = targets({{"demo", "sin1"}, {"demo", "fra1"}});
    const std::vector<Rule> rules{rule("Late", "outrider_lag_seconds > 1", 1s, 2s),
                                  recording("pop:lag", "max by (stream, pop, protocol) (outrider_lag_seconds)"),
                                  rule("Later", "pop:lag > 2", 600ms, 1s)};
    const auto lag = [](int i) { return i % 40 < 22 ? 3.0 : 0.0; };
    constexpr int kSteps = 80;
    const auto run_cut = [&](int cut) {
        std::map<Labels, Alert> saved;
        std::vector<AlertChanged> seen;
        auto run = std::make_unique<Run>(rules, list);
        for (int i = 0; i < kSteps; ++i) {
            if (i == cut) {
                std::vector<Alert> alerts;
                for (const auto& [labels, alert] : saved) alerts.push_back(alert);
                run = std::make_unique<Run>(rules, list, alerts);
            }
            run->effects.clear();
            run->heartbeat(200ms * i, {lag(i), 0.1});
            for (const auto& change : run->all<AlertChanged>()) {
                seen.push_back(change);
                saved.erase(change.alert.labels);
                if (!change.forgotten && change.alert.state != AlertState::resolved)
                    saved.emplace(change.alert.labels, change.alert);
            }
        }
        return seen;
    };
    const auto whole = run_cut(-1);
    REQUIRE(whole.size() >= 10);
    for (int cut = 0; cut < kSteps; ++cut) {
        INFO("cut before step " << cut);
        CHECK(run_cut(cut) == whole);
    }
}

TEST_CASE("engine: what it shows of its rules", "[rules][engine]") {
    auto late = rule("Late", "outrider_lag_seconds > 1", 1s);
    late.labels.push_back(text("severity", "{{ $externalURL }}"));
    Engine engine{{file({late, recording("n", "count(ALERTS)")})}, {.external_url = "http://mon"}};
    (void)engine.handle(TargetsChanged{targets({{"demo", "sin1"}})});
    CHECK(engine.view().at(0).rules.at(0).status.health == RuleHealth::unknown);
    (void)engine.handle(sample(0, kStart, 2));
    (void)engine.handle(Tick{kStart});
    const auto group = engine.view().at(0);
    CHECK(group.name == "g");
    CHECK(group.interval == 200ms);
    REQUIRE(group.rules.size() == 2);
    CHECK(group.rules[0].type == RuleView::Type::alerting);
    CHECK(group.rules[0].query == "outrider_lag_seconds > 1");
    CHECK(group.rules[0].hold == 1s);
    CHECK(group.rules[0].labels.at(0).second == "{{ $externalURL }}");
    REQUIRE(group.rules[0].alerts.size() == 1);
    CHECK(group.rules[0].alerts[0].state == AlertState::pending);
    CHECK(group.rules[0].alerts[0].labels.value_of("severity") == "http://mon");
    CHECK(group.rules[0].status.last_evaluation == kStart);
    CHECK(group.rules[1].type == RuleView::Type::recording);
    CHECK(group.rules[1].status.health == RuleHealth::ok);
    CHECK(engine.series_count() == 2);  // lag, and ALERTS; nobody looks at ALERTS_FOR_STATE, n, or up
    CHECK(engine.store_bytes() > 0);
}

TEST_CASE("localise: the share of what is bad decides the scope", "[rules][localise]") {
    // | bad targets                    | subject   | scope    |
    // | demo@sin1                      | demo@sin1 | endpoint |
    // | demo@sin1, demo@fra1           | demo@sin1 | source   |
    // | demo@sin1, news@sin1           | demo@sin1 | pop      |
    std::vector<TargetHealth> all{{"demo", "sin1", true, true},
                                  {"demo", "fra1", false, true},
                                  {"news", "sin1", false, true},
                                  {"news", "fra1", false, true}};
    CHECK(localise(all[0], all).scope == Scope::endpoint);
    CHECK(localise(all[0], all).confidence == Approx(1.0));
    all[1].bad = true;
    CHECK(localise(all[0], all).scope == Scope::source);
    all[1].bad = false;
    all[2].bad = true;
    CHECK(localise(all[0], all).scope == Scope::pop);
    CHECK(localise(all[0], all).evidence == "stream demo is degraded at 1 of 2 POPs; POP sin1 degrades 2 of 2 streams");
}

TEST_CASE("localise: a POP that does not report is no witness", "[rules][localise]") {
    const std::vector<TargetHealth> all{{"demo", "sin1", true, true}, {"demo", "fra1", false, false}};
    const auto fault = localise(all[0], all);
    CHECK(fault.scope == Scope::endpoint);
    CHECK(fault.confidence == Approx(0.5));
}

TEST_CASE("priority: the rule's own, else by severity and scope", "[rules][incident]") {
    CHECK(priority_of({{"priority", "P1"}}, Scope::endpoint) == Priority::p1);
    CHECK(priority_of({{"severity", "critical"}}, Scope::endpoint) == Priority::p2);
    CHECK(priority_of({{"severity", "critical"}}, Scope::source) == Priority::p1);
    CHECK(priority_of({{"severity", "warning"}}, Scope::endpoint) == Priority::p4);
    CHECK(priority_of({{"severity", "info"}}, Scope::pop) == Priority::p4);
    CHECK(priority_of({}, Scope::endpoint) == Priority::p3);
    CHECK(priority_of({{"priority", "P9"}}, Scope::endpoint) == Priority::p3);
}
