#include "daemon/telemetry/exposition.h"

#include <catch2/catch.hpp>

#include "support/manual_clock.h"

using namespace outrider;
using namespace outrider::app;
using namespace std::chrono_literals;
using outrider::test::ManualClock;

namespace {

struct Bench {
    ManualClock clock;
    Exposition exposition{std::make_shared<const TargetList>(TargetList{{.id = TargetId{0},
                                                                         .stream = "de\"mo",
                                                                         .pop = "sin1",
                                                                         .protocol = "httpflv",
                                                                         .url = {},
                                                                         .connect_to = {},
                                                                         .viewers = {},
                                                                         .heartbeat = 200ms}}),
                          clock};

    void sample(std::vector<Reading> readings) {
        exposition.update(
            {.target = TargetId{0}, .at = clock.now(), .outcome = Outcome::ok, .readings = std::move(readings)});
    }
    [[nodiscard]] bool has(const std::string& line) const {
        return ("\n" + exposition.text()).find("\n" + line) != std::string::npos;
    }
};

}  // namespace

TEST_CASE("metrics: readings carry the target's labels and their own", "[daemon][telemetry]") {
    Bench bench;
    CHECK(bench.exposition.reporting() == 0);
    bench.sample({{Metric::lag_seconds, {}, 0.25}, {Metric::viewer_stalls_total, "3s", 2}});
    CHECK(bench.exposition.reporting() == 1);
    CHECK(bench.has("# TYPE outrider_lag_seconds gauge\n"));
    CHECK(bench.has("# TYPE outrider_viewer_stalls_total counter\n"));
    CHECK(bench.has(R"(outrider_lag_seconds{pop="sin1",protocol="httpflv",stream="de\"mo"} 0.25)"));
    CHECK(bench.has(R"(outrider_viewer_stalls_total{pop="sin1",protocol="httpflv",stream="de\"mo",viewer="3s"} 2)"));
    CHECK(bench.has(R"(outrider_target_info{pop="sin1",protocol="httpflv",stream="de\"mo"} 1)"));
}

TEST_CASE("metrics: an absent reading is absent, and silence makes all of them so", "[daemon][telemetry]") {
    Bench bench;
    bench.sample({{Metric::lag_seconds, {}, 0.25}, {Metric::up, {}, 1}});
    bench.clock.advance(200ms);
    bench.sample({{Metric::up, {}, 0}});
    CHECK_FALSE(bench.has("outrider_lag_seconds"));
    CHECK(bench.has("outrider_up{"));
    bench.clock.advance(5001ms);
    CHECK_FALSE(bench.has("outrider_up{"));
    CHECK(bench.has("outrider_target_info{"));
}

TEST_CASE("metrics: the daemon's own are read at each scrape", "[daemon][telemetry]") {
    Bench bench;
    double value = 1;
    for (const char* state : {"pending", "firing"})
        bench.exposition.add({.name = "outrider_alerts",
                              .help = "Alerts by state.",
                              .type = MetricType::gauge,
                              .labels = {{"state", state}},
                              .read = [&value] { return value; }});
    CHECK(bench.has("outrider_alerts{state=\"firing\"} 1\n"));
    value = 7;
    CHECK(bench.has("outrider_alerts{state=\"pending\"} 7\n"));
}
