#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <thread>

#include "daemon/notify/webhook/dispatcher.h"
#include "support/tiny_server.h"
#include "unit/daemon/notify_clock.h"

namespace outrider::app::test {
namespace {

using nlohmann::json;
using outrider::test::http_answer;
using outrider::test::TinyServer;

std::string header(const std::string& request, const std::string& name) {
    const auto start = request.find("\r\n" + name + ": ");
    if (start == std::string::npos) return "";
    const auto value = start + name.size() + 4;
    return request.substr(value, request.find("\r\n", value) - value);
}

std::string status_of(const std::string& request) {
    return json::parse(request.substr(request.find("\r\n\r\n") + 4))["status"];
}

struct Fixture {
    TemporaryFolder folder;
    Book book = must(Book::open(folder / kBook));
    StandingClock clock{100};

    WebhookDispatcher dispatcher(const std::string& url) {
        return {{.name = "hook", .url = url, .headers = {{"X-Team", "noc"}}},
                must(Outbox::open(folder / kBook)),
                clock,
                "http://noc:10980"};
    }
};

}  // namespace

TEST_CASE("webhook dispatcher: a message is sent until it is delivered, under one key, firing before resolved",
          "[daemon][webhook]") {
    Fixture f;
    std::atomic<int> answers{0};
    TinyServer server{[&](const std::string&) {
        return answers++ == 0 ? http_answer("503 Service Unavailable", "", "Retry-After: 7\r\n")
                              : http_answer("200 OK");
    }};
    must_do(f.book.commit({opening("a")}, kHook));
    must_do(f.book.commit({resolving("a")}, kHook));
    auto dispatcher = f.dispatcher(server.url() + "/in");
    std::jthread thread{[&](std::stop_token stop) { dispatcher.run(stop); }};
    REQUIRE(server.wait_for(1).size() == 1);
    REQUIRE(eventually([&] { return dispatcher.counters().retried > 0; }));
    f.clock.set(107);
    dispatcher.wake();
    const auto requests = server.wait_for(3);
    REQUIRE(requests.size() == 3);
    CHECK(header(requests[0], "Idempotency-Key") == f.book.id() + "-1");
    CHECK(header(requests[1], "Idempotency-Key") == f.book.id() + "-1");
    CHECK(header(requests[2], "Idempotency-Key") == f.book.id() + "-2");
    CHECK(header(requests[0], "Content-Type") == "application/json");
    CHECK(header(requests[0], "X-Team") == "noc");
    CHECK(status_of(requests[1]) == "firing");
    CHECK(status_of(requests[2]) == "resolved");
    REQUIRE(eventually([&] { return dispatcher.counters().delivered >= 2; }));
    thread.request_stop();
    thread.join();
    CHECK(count(f.folder / kBook, "SELECT COUNT(*) FROM outbox WHERE delivered_at IS NOT NULL") == 2);
}

TEST_CASE("webhook dispatcher: a message that is refused is parked with the receiver's words", "[daemon][webhook]") {
    Fixture f;
    TinyServer server{[](const std::string&) { return http_answer("404 Not Found", "no such hook"); }};
    must_do(f.book.commit({opening("a")}, kHook));
    auto dispatcher = f.dispatcher(server.url());
    {
        const std::jthread thread{[&](std::stop_token stop) { dispatcher.run(stop); }};
        REQUIRE(eventually([&] { return dispatcher.counters().parked > 0; }));
    }
    CHECK(count(f.folder / kBook,
                "SELECT COUNT(*) FROM outbox WHERE parked_reason = 'refused: HTTP 404: no such hook'") == 1);
}

TEST_CASE("webhook dispatcher: a row that cannot be read is parked and does not stop the others", "[daemon][webhook]") {
    Fixture f;
    TinyServer server{[](const std::string&) { return http_answer("200 OK"); }};
    must_do(f.book.commit({opening("a"), opening("b")}, kHook));
    must_do(must(sqlite::Connection::open(f.folder / kBook, sqlite::Mode::read_write))
                .run("UPDATE outbox SET payload = '{' WHERE id = 1"));
    auto dispatcher = f.dispatcher(server.url());
    {
        const std::jthread thread{[&](std::stop_token stop) { dispatcher.run(stop); }};
        REQUIRE(eventually([&] { return dispatcher.counters().delivered > 0; }));
    }
    CHECK(dispatcher.counters().parked == 1);
}

TEST_CASE("webhook dispatcher: a stop in mid-request leaves the message due for the next start", "[daemon][webhook]") {
    Fixture f;
    TinyServer server{[](const std::string&) { return "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"; }};
    must_do(f.book.commit({opening("a")}, kHook));
    auto dispatcher = f.dispatcher(server.url());
    {
        const std::jthread thread{[&](std::stop_token stop) { dispatcher.run(stop); }};
        REQUIRE(server.wait_for(1).size() == 1);
    }
    CHECK(dispatcher.counters().retried == 0);
    CHECK(must(must(Outbox::open(f.folder / kBook)).claim("hook", f.clock.now(), std::chrono::seconds{1})).has_value());
}

}  // namespace outrider::app::test
