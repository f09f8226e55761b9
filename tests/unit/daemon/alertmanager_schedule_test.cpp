#include <catch2/catch.hpp>
#include <string>

#include "daemon/notify/alertmanager/schedule.h"
#include "unit/daemon/book_fixture.h"

namespace outrider::app::test {
namespace {

using namespace std::chrono_literals;

/// Labels `stream` of what is due at `now`, in order, joined; each is answered as accepted.
std::string accept_due(AlertSchedule& schedule, double now, std::size_t limit = 64) {
    const auto alerts = schedule.due(at(now), limit);
    std::string streams;
    for (const auto& alert : alerts) streams += alert.labels.value_of("stream");
    schedule.accepted(alerts, at(now));
    return streams;
}

void fail_due(AlertSchedule& schedule, double now) {
    const auto alerts = schedule.due(at(now), 64);
    REQUIRE_FALSE(alerts.empty());
    schedule.failed(alerts, at(now));
}

}  // namespace

//   t         what happens               sent
//   10        a fires                    a
//   70, 130   a minute passed            a, a
//   131       a is resolved              a, at once
//   191 …     every minute               a
//   131+900   15 min after the resolve   nothing any more
TEST_CASE("alertmanager schedule: an alert's life as Alertmanager hears it", "[daemon][alertmanager]") {
    AlertSchedule schedule{1min};
    CHECK(schedule.update(firing("a", 10), at(10)) == AlertUpdate::queued);
    CHECK(accept_due(schedule, 10) == "a");
    CHECK(accept_due(schedule, 69.9).empty());
    CHECK(accept_due(schedule, 70) == "a");
    CHECK(accept_due(schedule, 130) == "a");
    CHECK(schedule.update(resolved("a", 10, 131), at(131)) == AlertUpdate::queued);
    int resends = 0;
    for (double t = 131; t < 131 + 900; t += 60) {
        CAPTURE(t);
        REQUIRE(schedule.next_due() == at(t));
        CHECK(accept_due(schedule, t) == "a");
        ++resends;
    }
    CHECK(resends == 15);
    CHECK(accept_due(schedule, 131 + 900).empty());
    CHECK_FALSE(schedule.next_due());
    CHECK(schedule.size() == 0);
}

TEST_CASE("alertmanager schedule: a firing alert may miss two resends before Alertmanager gives it up",
          "[daemon][alertmanager]") {
    const auto ends_after = [](Duration resend) {
        AlertSchedule schedule{resend};
        (void)schedule.update(firing("a", 10), at(12));
        const auto alerts = schedule.due(at(12), 64);
        REQUIRE(alerts.size() == 1);
        CHECK(alerts[0].starts_at == at(10));
        return alerts[0].ends_at - at(12);
    };
    CHECK(ends_after(1min) == 4min);
    CHECK(ends_after(10s) == 4min);
    CHECK(ends_after(5min) == 20min);
}

TEST_CASE("alertmanager schedule: a resolved alert ends when it was resolved, never before it began",
          "[daemon][alertmanager]") {
    AlertSchedule schedule{1min};
    (void)schedule.update(resolved("a", 10, 60), at(61));
    (void)schedule.update(resolved("b", 10, 9), at(61));
    const auto alerts = schedule.due(at(61), 64);
    REQUIRE(alerts.size() == 2);
    CHECK(alerts[0].starts_at == at(10));
    CHECK(alerts[0].ends_at == at(60));
    CHECK(alerts[1].ends_at == at(10));
}

TEST_CASE("alertmanager schedule: pending is nobody's business", "[daemon][alertmanager]") {
    AlertSchedule schedule{1min};
    auto alert = firing("a");
    alert.state = AlertState::pending;
    CHECK(schedule.update(alert, at(10)) == AlertUpdate::pending);
    CHECK(schedule.size() == 0);
    // Pending again after a resolve: the resolve is still announced.
    (void)schedule.update(resolved("b"), at(60));
    alert.labels = resolved("b").labels;
    (void)schedule.update(alert, at(61));
    CHECK(accept_due(schedule, 61) == "b");
}

TEST_CASE("alertmanager schedule: labels that would be refused are not queued", "[daemon][alertmanager]") {
    AlertSchedule schedule{1min};
    auto alert = firing("a");
    alert.labels.set("bad-name", "x");
    CHECK(schedule.update(alert, at(10)) == AlertUpdate::unsendable);
    CHECK(schedule.size() == 0);
}

TEST_CASE("alertmanager schedule: the same state again is not news, but brings its new text",
          "[daemon][alertmanager]") {
    AlertSchedule schedule{1min};
    (void)schedule.update(firing("a", 10), at(10));
    CHECK(accept_due(schedule, 10) == "a");
    auto alert = firing("a", 10);
    alert.annotations.set("description", "9 s late");
    CHECK(schedule.update(alert, at(20)) == AlertUpdate::known);
    CHECK(schedule.due(at(20), 64).empty());
    CHECK(schedule.due(at(70), 64).at(0).annotations.value_of("description") == "9 s late");
}

TEST_CASE("alertmanager schedule: a state never accepted is tried again after 5, 10, 20 s, up to the resend interval",
          "[daemon][alertmanager]") {
    AlertSchedule schedule{1min};
    (void)schedule.update(firing("a", 10), at(10));
    double t = 10;
    for (const double wait : {5.0, 10.0, 20.0, 40.0, 60.0, 60.0}) {
        fail_due(schedule, t);
        t += wait;
        CHECK(schedule.next_due() == at(t));
    }
    CHECK(accept_due(schedule, t) == "a");
    CHECK(schedule.next_due() == at(t + 60));
}

TEST_CASE("alertmanager schedule: a resend that failed waits for the next resend", "[daemon][alertmanager]") {
    AlertSchedule schedule{1min};
    (void)schedule.update(firing("a", 10), at(10));
    CHECK(accept_due(schedule, 10) == "a");
    fail_due(schedule, 70);
    CHECK(schedule.next_due() == at(130));
}

TEST_CASE("alertmanager schedule: news goes before resends, and resends in order of their time",
          "[daemon][alertmanager]") {
    AlertSchedule schedule{1min};
    (void)schedule.update(firing("b", 10), at(10));
    CHECK(accept_due(schedule, 10) == "b");
    (void)schedule.update(firing("a", 11), at(11));
    CHECK(accept_due(schedule, 11) == "a");
    (void)schedule.update(firing("z", 80), at(80));
    CHECK(accept_due(schedule, 80, 2) == "zb");
    CHECK(accept_due(schedule, 80, 2) == "a");
}

TEST_CASE("alertmanager schedule: what became of a state sent does not touch the state that followed it",
          "[daemon][alertmanager]") {
    AlertSchedule schedule{1min};
    (void)schedule.update(firing("a", 10), at(10));
    const auto in_flight = schedule.due(at(10), 64);
    (void)schedule.update(resolved("a", 10, 11), at(11));
    SECTION("accepted") { schedule.accepted(in_flight, at(12)); }
    SECTION("failed") { schedule.failed(in_flight, at(12)); }
    SECTION("refused") { schedule.refused(in_flight); }
    const auto alerts = schedule.due(at(12), 64);
    REQUIRE(alerts.size() == 1);
    CHECK(alerts[0].ends_at == at(11));
}

TEST_CASE("alertmanager schedule: a refused state is not sent again, its successor is", "[daemon][alertmanager]") {
    AlertSchedule schedule{1min};
    (void)schedule.update(firing("a", 10), at(10));
    schedule.refused(schedule.due(at(10), 64));
    CHECK_FALSE(schedule.next_due());
    CHECK(schedule.update(resolved("a", 10, 60), at(60)) == AlertUpdate::queued);
}

TEST_CASE("alertmanager schedule: when full, the alert whose state is the oldest is forgotten and counted",
          "[daemon][alertmanager]") {
    AlertSchedule schedule{1min, 2};
    (void)schedule.update(firing("a", 10), at(10));
    (void)schedule.update(firing("b", 11), at(11));
    (void)schedule.update(resolved("a", 10, 12), at(12));  // now b has the oldest state
    CHECK(schedule.dropped() == 0);
    (void)schedule.update(firing("c", 13), at(13));
    CHECK(schedule.dropped() == 1);
    CHECK(schedule.size() == 2);
    CHECK(accept_due(schedule, 13) == "ac");
}

TEST_CASE("alertmanager schedule: after a restart, alerts are told at once, and long resolved ones not at all",
          "[daemon][alertmanager]") {
    AlertSchedule schedule{1min};
    (void)schedule.update(firing("a", 10), at(2000));
    (void)schedule.update(resolved("b", 10, 1999), at(2000));
    (void)schedule.update(resolved("c", 10, 1100), at(2000));
    CHECK(accept_due(schedule, 2000) == "ab");
}

TEST_CASE("alertmanager schedule: a shutdown sends what was never accepted, due or not", "[daemon][alertmanager]") {
    AlertSchedule schedule{1min};
    (void)schedule.update(firing("a", 10), at(10));
    CHECK(accept_due(schedule, 10) == "a");
    (void)schedule.update(firing("b", 11), at(11));
    fail_due(schedule, 11);
    const auto left = schedule.undelivered(at(12), 64);
    REQUIRE(left.size() == 1);
    CHECK(left[0].labels.value_of("stream") == "b");
    schedule.accepted(left, at(12));
    CHECK(schedule.undelivered(at(12), 64).empty());
}

}  // namespace outrider::app::test
