#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <thread>

#include "daemon/notify/alertmanager/sender.h"
#include "support/tiny_server.h"
#include "unit/daemon/notify_clock.h"

namespace outrider::app::test {
namespace {

using nlohmann::json;
using outrider::test::http_answer;
using outrider::test::TinyServer;

json body_of(const std::string& request) { return json::parse(request.substr(request.find("\r\n\r\n") + 4)); }

void wait_until_delivered(const AlertmanagerSender& sender, std::uint64_t count) {
    REQUIRE(eventually([&] { return sender.counters().delivered >= count; }));
}

}  // namespace

TEST_CASE("alertmanager sender: alerts are posted at once, in batches of 64", "[daemon][alertmanager]") {
    const StandingClock clock{100};
    TinyServer server{[](const std::string&) { return http_answer("200 OK"); }};
    AlertmanagerSender sender{{.name = "am", .url = server.url() + "/"}, clock, "http://noc:10980"};
    for (int i = 0; i < 100; ++i) sender.update(firing(std::to_string(i)));
    {
        const std::jthread thread{[&](std::stop_token stop) { sender.run(stop); }};
        wait_until_delivered(sender, 100);
        sender.update(resolved("7"));
        wait_until_delivered(sender, 101);
    }
    const auto requests = server.wait_for(3);
    REQUIRE(requests.size() == 3);
    CHECK(requests[0].starts_with("POST /api/v2/alerts HTTP/1.1\r\n"));
    CHECK(requests[0].find("\r\nContent-Type: application/json\r\n") != std::string::npos);
    CHECK(body_of(requests[0]).size() == 64);
    CHECK(body_of(requests[1]).size() == 36);
    CHECK(body_of(requests[2])[0]["endsAt"] == "2026-03-01T00:01:00.000Z");
}

TEST_CASE("alertmanager sender: one alert that is refused does not keep the others out", "[daemon][alertmanager]") {
    const auto* answer = GENERATE("400 Bad Request", "422 Unprocessable Entity");
    CAPTURE(answer);
    const StandingClock clock{100};
    TinyServer server{[&](const std::string& request) {
        return http_answer(request.find("\"poison\"") == std::string::npos ? "200 OK" : answer);
    }};
    AlertmanagerSender sender{{.name = "am", .url = server.url()}, clock, "http://noc:10980"};
    for (int i = 0; i < 20; ++i) sender.update(firing(i == 13 ? "poison" : std::to_string(i)));
    {
        const std::jthread thread{[&](std::stop_token stop) { sender.run(stop); }};
        wait_until_delivered(sender, 19);
    }
    CHECK(sender.counters().delivered == 19);
    CHECK(sender.counters().parked == 1);
    CHECK(sender.counters().retried == 0);
}

TEST_CASE("alertmanager sender: a shutdown sends what an earlier failure left", "[daemon][alertmanager]") {
    const StandingClock clock{100};
    std::atomic<bool> well{false};
    TinyServer server{[&](const std::string&) { return http_answer(well ? "200 OK" : "503 Service Unavailable"); }};
    AlertmanagerSender sender{{.name = "am", .url = server.url()}, clock, "http://noc:10980"};
    sender.update(firing("a"));
    {
        const std::jthread thread{[&](std::stop_token stop) { sender.run(stop); }};
        REQUIRE(eventually([&] { return sender.counters().retried > 0; }));
        well = true;
    }
    CHECK(sender.counters().delivered == 1);
}

TEST_CASE("alertmanager sender: a shutdown gives up at the first failure", "[daemon][alertmanager]") {
    const StandingClock clock{100};
    TinyServer server{[](const std::string&) { return http_answer("503 Service Unavailable"); }};
    AlertmanagerSender sender{{.name = "am", .url = server.url()}, clock, "http://noc:10980"};
    sender.update(firing("a"));
    std::stop_source stopped;
    stopped.request_stop();
    sender.run(stopped.get_token());
    CHECK(server.wait_for(1).size() == 1);
    CHECK(sender.counters().delivered == 0);
}

}  // namespace outrider::app::test
