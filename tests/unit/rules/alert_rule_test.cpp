#include "rules/alert_rule.h"

#include <catch2/catch.hpp>

#include "rule_bench.h"

using namespace outrider;
using namespace outrider::rules;
using namespace outrider::rules::test;

namespace {

const std::string kLag = "lag{pop=\"sin1\"}";

RuleBench::Values lag(double value) { return {{kLag, value}}; }

/// The state after each step of 10 s, from t = 0; `values` as in the timelines: t true, f false, - no data.
std::string timeline(RuleBench& bench, std::string_view values) {
    std::string states;
    auto t = 0s;
    for (const char c : values) {
        bench.at(t, c == '-' ? RuleBench::Values{} : lag(c == 't' ? 2 : 0));
        states += bench.now().at(0);
        t += 10s;
    }
    return states;
}

}  // namespace

TEST_CASE("alert: for and keep_firing_for keep Prometheus's timeline", "[rules][alert]") {
    // for 20s, keep_firing_for 30s
    // | t      | 0 | 10 20 | 30 40 50 | 60 (first false) 70 80 | 90       |
    RuleBench bench{{rule("Late", "lag > 1", 20s, 30s)}};
    CHECK(timeline(bench, "ftttttffff") == "ippffffffi");
    CHECK(bench.saved.empty());
}

TEST_CASE("alert: what resolves says since when it was true, when it fired and when it was over", "[rules][alert]") {
    RuleBench bench{{rule("Late", "lag > 1", 20s)}};
    (void)timeline(bench, "fttt");
    const auto changes = bench.at(40s, lag(0));
    REQUIRE(changes.size() == 1);
    CHECK(changes[0].alert.state == AlertState::resolved);
    CHECK(changes[0].alert.active_at == kStart + 10s);
    CHECK(changes[0].alert.fired_at == kStart + 30s);
    CHECK(changes[0].alert.resolved_at == kStart + 40s);
}

TEST_CASE("alert: without for it fires in the tick in which it becomes true", "[rules][alert]") {
    RuleBench bench{{rule("Late", "lag > 1")}};
    const auto changes = bench.at(0s, lag(2));
    REQUIRE(changes.size() == 1);
    CHECK(changes[0].alert.state == AlertState::firing);
    CHECK(changes[0].alert.labels == Labels{{"alertname", "Late"}, {"pop", "sin1"}});
    CHECK(bench.at(1s, lag(3)).empty());  // a value that moves is no change
    CHECK(bench.at(2s, lag(0)).size() == 1);
    CHECK(bench.now() == "inactive");
}

TEST_CASE("alert: a scalar is one element without labels", "[rules][alert]") {
    RuleBench bench{{rule("Always", "1")}};
    CHECK(bench.at(0s, {}).at(0).alert.labels == Labels{{"alertname", "Always"}});
}

TEST_CASE("alert: a pending alert that turns false or silent is forgotten", "[rules][alert]") {
    const auto* then = GENERATE("f", "-");
    RuleBench bench{{rule("Late", "lag > 1", 100s)}};
    CHECK(timeline(bench, std::string{"tt"} + then) == "ppi");
    CHECK(bench.saved.empty());
}

TEST_CASE("alert: true again during keep_firing_for goes on as the same alert", "[rules][alert]") {
    RuleBench bench{{rule("Late", "lag > 1", 0s, 30s)}};
    CHECK(timeline(bench, "tfftfff") == "fffffff");  // counted anew from t = 40
    const auto changes = bench.at(70s, lag(0));
    REQUIRE(changes.size() == 1);
    CHECK(changes[0].alert.fired_at == kStart);
}

TEST_CASE("alert: silence is not recovery, unless the rule says so", "[rules][alert]") {
    auto late = rule("Late", "lag > 1", 10s);
    late.on_no_data = GENERATE(OnNoData::hold, OnNoData::resolve, OnNoData::fire);
    late.on_no_data_given = true;
    RuleBench bench{{late}};
    const auto states = timeline(bench, "ttt-----t-f");
    switch (late.on_no_data) {
        case OnNoData::hold: CHECK(states == "pfffffffffi"); break;
        case OnNoData::resolve: CHECK(states == "pffiiiiipii"); break;
        case OnNoData::fire: CHECK(states == "pffffffffff"[0] + std::string{"fffffffffi"}); break;
    }
}

TEST_CASE("alert: silence of what was well fires where the rule wants that, after its for", "[rules][alert]") {
    auto late = rule("Late", "lag > 1 and on () vector(1)", 20s);
    late.on_no_data = OnNoData::fire;
    RuleBench bench{{late}};
    CHECK(timeline(bench, "ff----f") == "iippffi");
    SECTION("and is over when the target was removed") {
        RuleBench other{{late}};
        CHECK(timeline(other, "ff---") == "iippf");
        const auto has_target = [](const Labels& l) { return l.value_of("pop") != "sin1"; };
        CHECK(other.alerting().drop_targetless(has_target, kStart + 50s).size() == 1);
        CHECK(other.evaluate(100s).empty());
        CHECK(other.now() == "inactive");
    }
}

TEST_CASE("alert: where silence is false it ends an alert as in Prometheus", "[rules][alert]") {
    auto late = rule("Late", "lag > 1");
    SECTION("of a rule that says nothing") {
        RuleBench bench{{late}, Silence::is_false};
        CHECK(timeline(bench, "t-") == "fi");
    }
    SECTION("but a rule's own on_no_data holds") {
        late.on_no_data_given = true;
        RuleBench bench{{late}, Silence::is_false};
        CHECK(timeline(bench, "t-") == "ff");
    }
}

TEST_CASE("alert: with resolve_expr it is over only when that is true for its labels", "[rules][alert]") {
    auto late = rule("Late", "lag > 3");
    late.resolve_expr = expr("lag < 1");
    late.labels.push_back(text("severity", "warning"));
    const std::string other = "lag{pop=\"fra1\"}";
    const auto step = [&](RuleBench& bench, Duration t, double sin1) {
        bench.at(t, {{kLag, sin1}, {other, 0.0}});
        return bench.now();
    };
    SECTION("and not in the zone between") {
        RuleBench bench{{late}};
        CHECK(step(bench, 0s, 2) == "inactive");
        CHECK(step(bench, 1s, 4) == "firing");
        CHECK(step(bench, 2s, 2) == "firing");
        CHECK(step(bench, 3s, 0.5) == "inactive");
        CHECK(step(bench, 4s, 2) == "inactive");
    }
    SECTION("keep_firing_for counts while it is true, and anew after it was not") {
        late.keep_firing = 2s;
        RuleBench bench{{late}};
        CHECK(step(bench, 0s, 4) == "firing");
        CHECK(step(bench, 1s, 0.5) == "firing");
        CHECK(step(bench, 2s, 2) == "firing");
        CHECK(step(bench, 3s, 0.5) == "firing");
        CHECK(step(bench, 4s, 0.5) == "firing");
        CHECK(step(bench, 5s, 0.5) == "inactive");
    }
    SECTION("silence holds it, or ends it when the rule says so") {
        late.on_no_data = GENERATE(OnNoData::hold, OnNoData::resolve);
        RuleBench bench{{late}};
        CHECK(step(bench, 0s, 4) == "firing");
        bench.at(1s, {{other, 0.0}});
        CHECK(bench.now() == (late.on_no_data == OnNoData::hold ? "firing" : "inactive"));
    }
}

TEST_CASE("alert: annotations are those of the element that is true now", "[rules][alert]") {
    auto late = rule("Late", "lag > 1");
    late.labels.push_back(text("pop", "any"));
    late.annotations.push_back(text("summary", "at {{ $labels.pop }}"));
    RuleBench bench{{late}};
    const auto summary = [&] { return bench.alerting().active().begin()->second.annotations.value_of("summary"); };
    bench.at(0s, {{kLag, 2}});
    CHECK(summary() == "at sin1");
    const auto changes = bench.at(1s, {{"lag{pop=\"fra1\"}", 2}});  // the same alert, of the same value
    CHECK(summary() == "at fra1");
    REQUIRE(changes.size() == 1);
    CHECK(changes[0].alert.annotations.value_of("summary") == "at fra1");
    SECTION("also after a restart with another text") {
        late.annotations = {text("summary", "late at {{ $labels.pop }}")};
        RuleBench next{{late}};
        REQUIRE(next.alerting().restore(bench.saved.begin()->second));
        CHECK(next.at(2s, {{"lag{pop=\"fra1\"}", 2}}).size() == 1);
        CHECK(next.alerting().active().begin()->second.annotations.value_of("summary") == "late at fra1");
        CHECK(next.at(3s, {{"lag{pop=\"fra1\"}", 2}}).empty());
    }
}

TEST_CASE("alert: labels and annotations are filled in", "[rules][alert]") {
    auto late = rule("Late", "lag > 1");
    late.labels.push_back(text("severity", "critical"));
    late.labels.push_back(text("pop", "pop-{{ $labels.pop }}"));  // a rule's label wins
    late.labels.push_back(text("alertname", "NotThis"));
    late.annotations.push_back(text("description", "{{$labels.pop}} is {{ $value }} s late"));
    RuleBench bench{{late}};
    const auto changes = bench.at(0s, lag(2.5));
    REQUIRE(changes.size() == 1);
    CHECK(changes[0].alert.labels == Labels{{"alertname", "Late"}, {"severity", "critical"}, {"pop", "pop-sin1"}});
    CHECK(changes[0].alert.annotations.value_of("description") == "sin1 is 2.5 s late");
    CHECK(bench.at(1s, lag(3.5)).empty());
    CHECK(bench.alerting().active().begin()->second.annotations.value_of("description") == "sin1 is 3.5 s late");
    CHECK(bench.at(2s, {}).empty());            // the rule's own labels are no reason to take silence for an answer,
    CHECK(bench.at(3s, lag(0.5)).size() == 1);  // and it is found again under its own labels
}

TEST_CASE("alert: a failed evaluation changes nothing, says nothing and shows", "[rules][alert]") {
    const RuleBench::Values two{{kLag, 2}, {"lag{pop=\"fra1\"}", 2}};
    auto late = rule("Late", "lag > 1", 20s);
    SECTION("when labels make two elements one") {
        late.labels.push_back(text("pop", "any"));
        RuleBench bench{{late}};
        bench.at(0s, lag(2));
        CHECK(bench.status().health == RuleHealth::ok);
        CHECK(bench.at(20s, two).empty());
        CHECK(bench.now() == "pending");
        CHECK(bench.status().health == RuleHealth::err);
        CHECK(bench.status().last_error ==
              "vector contains metrics with the same labelset after applying alert labels");
        CHECK(bench.status().last_evaluation == kStart + 20s);
        CHECK(bench.at(40s, lag(2)).size() == 1);
        CHECK(bench.status().health == RuleHealth::ok);
        CHECK(bench.status().last_error.empty());
    }
    SECTION("when the group's limit is exceeded") {
        RuleBench bench{{late}, Silence::is_no_data, 1};
        bench.at(0s, lag(2));
        CHECK(bench.at(20s, two).empty());
        CHECK(bench.now() == "pending");
        CHECK(bench.status().last_error == "exceeded limit of 1 with 2 alerts");
    }
    SECTION("when the expression fails") {
        late.expr = expr("lag > on () group_left () other");
        RuleBench bench{{late}};
        CHECK(bench.at(0s, {{kLag, 2}, {"other{a=\"1\"}", 1}, {"other{a=\"2\"}", 1}}).empty());
        CHECK(bench.status().health == RuleHealth::err);
        CHECK_FALSE(bench.status().last_error.empty());
    }
}

TEST_CASE("alert: other rules see ALERTS and ALERTS_FOR_STATE", "[rules][alert]") {
    RuleBench bench{{rule("Late", "lag > 1", 20s), rule("Any", "ALERTS{alertname=\"Late\", alertstate=\"firing\"}")}};
    CHECK(timeline(bench, "tt") == "pp");
    CHECK(bench.value("ALERTS{alertstate=\"pending\", pop=\"sin1\"}", 10s) == 1);
    CHECK(bench.value("ALERTS_FOR_STATE{alertname=\"Late\"}", 10s) == unix_seconds(kStart));
    CHECK(bench.now(1) == "inactive");
    bench.at(20s, lag(2));
    CHECK_FALSE(bench.value("ALERTS{alertstate=\"pending\"}", 20s));
    CHECK(bench.value("ALERTS{alertname=\"Late\", alertstate=\"firing\"}", 20s) == 1);
    CHECK(bench.now(1) == "firing");  // in the same tick, being the later rule
    bench.at(30s, lag(0));
    CHECK_FALSE(bench.value("ALERTS{alertname=\"Late\"}", 30s));
    CHECK_FALSE(bench.value("ALERTS_FOR_STATE{alertname=\"Late\"}", 30s));
    CHECK(bench.now(1) == "inactive");
}

TEST_CASE("alert: cut anywhere and restored, the timeline is the one without the cut", "[rules][alert]") {
    // | t     | 0  10 20 30 40 50 60 70 80 90 …   (for 20s, keep_firing_for 30s; the second one flickers)
    const std::string values = "fttttttfftfffffttfttttf-tff-ff";
    auto late = rule("Late", "lag > 1", 20s, 30s);
    late.labels.push_back(text("severity", "warning"));
    auto very = rule("Late", "lag > 1", 40s, 10s);  // of the same name
    very.labels.push_back(text("severity", "critical"));
    struct Seen {
        std::vector<AlertChanged> changes;
        void operator()(std::vector<AlertChanged> more) {
            for (auto& change : more) changes.push_back(std::move(change));
        }
    };
    const auto run = [&](RuleBench& bench, std::size_t from, std::size_t to, Seen& seen) {
        for (auto i = from; i < to; ++i) {
            const auto c = values.at(i);
            seen(bench.at(10s * static_cast<int>(i), c == '-' ? RuleBench::Values{} : lag(c == 't' ? 2 : 0)));
        }
    };
    Seen whole;
    RuleBench uncut{{late, very}};
    run(uncut, 0, values.size(), whole);
    REQUIRE(whole.changes.size() > 10);
    for (std::size_t cut = 0; cut <= values.size(); ++cut) {
        INFO("cut before step " << cut);
        Seen seen;
        RuleBench first{{late, very}};
        run(first, 0, cut, seen);
        RuleBench second{{late, very}};
        for (const auto& [labels, alert] : first.saved) {
            const bool taken = second.alerting(0).restore(alert) || second.alerting(1).restore(alert);
            CHECK(taken);
        }
        run(second, cut, values.size(), seen);
        CHECK(seen.changes == whole.changes);
    }
}
