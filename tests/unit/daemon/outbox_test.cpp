#include "daemon/store/outbox.h"

#include <catch2/catch.hpp>
#include <set>

#include "daemon/store/notice.h"
#include "unit/daemon/book_fixture.h"

namespace outrider::app::test {
namespace {

using namespace std::chrono_literals;

struct Fixture {
    TemporaryFolder folder;
    Book book = must(Book::open(folder / kBook));
    Outbox outbox = must(Outbox::open(folder / kBook));

    std::optional<OutboxItem> claim(double now, Duration lease = 30s) {
        return must(outbox.claim("hook", at(now), lease));
    }
};

}  // namespace

TEST_CASE("outbox: the message holds what was known when the incident opened", "[daemon][store]") {
    Fixture f;
    const auto opened = opening("a");
    must_do(f.book.commit({opened}, kHook));
    const auto item = f.claim(20);
    REQUIRE(item);
    CHECK(item->attempts == 1);
    CHECK(item->incident == 1);
    CHECK(item->idempotency_key == f.book.id() + "-1");
    const Notice expected{.incident = 1,
                          .key = opened.key,
                          .labels = opened.alert.labels,
                          .annotations = opened.alert.annotations,
                          .priority = Priority::p2,
                          .fault = opened.fault,
                          .summary = opened.summary,
                          .switch_to = "ams",
                          .onset = at(5),
                          .started_at = at(10),
                          .ended_at = {},
                          .reason = {}};
    CHECK(must(parse_notice(item->payload)) == expected);
}

TEST_CASE("outbox: a resolved tells what the firing told, even if the incident grew worse meanwhile",
          "[daemon][store]") {
    Fixture f;
    must_do(f.book.commit({opening("a")}, kHook));
    auto worse = opening("a", 30);
    worse.priority = Priority::p1;
    must_do(f.book.commit({worse}, kHook));
    must_do(f.book.commit({resolving("a")}, kHook));
    const auto first = f.claim(100);
    REQUIRE(first);
    must_do(f.outbox.delivered(first->id, at(101)));
    const auto second = f.claim(102);
    REQUIRE(second);
    auto expected = must(parse_notice(first->payload));
    expected.ended_at = at(60);
    expected.reason = "lag is normal";
    CHECK(must(parse_notice(second->payload)) == expected);
    CHECK(second->idempotency_key != first->idempotency_key);
}

TEST_CASE("outbox: each notifier is owed its own message", "[daemon][store]") {
    Fixture f;
    const std::vector<std::string> both{"hook", "other"};
    must_do(f.book.commit({opening("a")}, both));
    REQUIRE(f.claim(20));
    CHECK_FALSE(f.claim(20));
    const auto other = must(f.outbox.claim("other", at(20), 30s));
    REQUIRE(other);
    CHECK(must(parse_notice(other->payload)).incident == 1);
    CHECK_FALSE(must(f.outbox.claim("nobody", at(20), 30s)));
}

TEST_CASE("outbox: a resolved waits for its firing, and only for its own", "[daemon][store]") {
    Fixture f;
    must_do(f.book.commit({opening("a"), opening("b")}, kHook));
    must_do(f.book.commit({resolving("a"), resolving("b")}, kHook));
    const auto firing_a = f.claim(100);
    const auto firing_b = f.claim(100);
    REQUIRE((firing_a && firing_b));
    CHECK_FALSE(f.claim(100));  // both resolved wait

    SECTION("until it was delivered") { must_do(f.outbox.delivered(firing_b->id, at(101))); }
    SECTION("or parked") { must_do(f.outbox.park(firing_b->id, "refused: HTTP 404")); }
    const auto resolved_b = f.claim(101);
    REQUIRE(resolved_b);
    CHECK(resolved_b->incident == firing_b->incident);
    CHECK(must(parse_notice(resolved_b->payload)).ended_at == at(60));
    must_do(f.outbox.delivered(resolved_b->id, at(102)));

    must_do(f.outbox.retry_at(firing_a->id, at(200)));
    CHECK_FALSE(f.claim(150));
    const auto again = f.claim(200);
    REQUIRE(again);
    CHECK(again->id == firing_a->id);
}

TEST_CASE("outbox: an expired lease is claimed again under the same idempotency key", "[daemon][store]") {
    Fixture f;
    must_do(f.book.commit({opening("a")}, kHook));
    const auto first = f.claim(20, 30s);
    REQUIRE(first);
    CHECK(must(f.outbox.next_due("hook")) == at(50));
    CHECK_FALSE(f.claim(49));
    auto other_sender = must(Outbox::open(f.folder / kBook));  // as after a crash
    const auto second = must(other_sender.claim("hook", at(50), 30s));
    REQUIRE(second);
    CHECK(second->attempts == 2);
    CHECK(second->idempotency_key == first->idempotency_key);
}

TEST_CASE("outbox: new messages go before retries", "[daemon][store]") {
    Fixture f;
    must_do(f.book.commit({opening("a")}, kHook));
    must_do(f.outbox.retry_at(f.claim(20)->id, at(30)));
    must_do(f.book.commit({opening("b")}, kHook));
    CHECK(f.claim(40)->incident == 2);
    CHECK(f.claim(40)->incident == 1);
}

TEST_CASE("outbox: it tells when the next claim makes sense", "[daemon][store]") {
    Fixture f;
    CHECK_FALSE(must(f.outbox.next_due("hook")));
    must_do(f.book.commit({opening("a")}, kHook));
    CHECK(must(f.outbox.next_due("hook")) <= at(0));
    const auto item = f.claim(20);
    must_do(f.outbox.retry_at(item->id, at(45)));
    must_do(f.book.commit({resolving("a")}, kHook));
    CHECK(must(f.outbox.next_due("hook")) == at(45));  // the resolved is not due before its firing
    must_do(f.outbox.park(item->id, "refused"));
    CHECK(must(f.outbox.next_due("hook")) <= at(0));
    must_do(f.outbox.delivered(f.claim(50)->id, at(50)));
    CHECK_FALSE(must(f.outbox.next_due("hook")));
}

TEST_CASE("outbox: a parked message stays visible with its reason", "[daemon][store]") {
    Fixture f;
    must_do(f.book.commit({opening("a")}, kHook));
    must_do(f.outbox.park(f.claim(20)->id, "refused: HTTP 404"));
    CHECK_FALSE(f.claim(1000));
    CHECK(count(f.folder / kBook, "SELECT COUNT(*) FROM outbox WHERE parked_reason = 'refused: HTTP 404'") == 1);
}

TEST_CASE("outbox: delivered messages are pruned after a week, and their ids are never used again", "[daemon][store]") {
    Fixture f;
    constexpr double week = 7 * 86400;
    must_do(f.book.commit({opening("a")}, kHook));
    const auto first = f.claim(20);
    must_do(f.outbox.delivered(first->id, at(20)));
    must_do(f.book.commit({AlertChanged{firing("z", week + 21)}}, kHook));
    CHECK(count(f.folder / kBook, "SELECT COUNT(*) FROM outbox") == 0);
    must_do(f.book.commit({opening("b", week + 30)}, kHook));
    CHECK(f.claim(week + 40)->idempotency_key != first->idempotency_key);
}

TEST_CASE("outbox: two senders never hold the same message", "[daemon][store]") {
    Fixture f;
    auto second = must(Outbox::open(f.folder / kBook));
    for (int i = 0; i < 10; ++i) must_do(f.book.commit({opening(std::to_string(i))}, kHook));
    std::set<std::int64_t> ids;
    for (int i = 0; i < 5; ++i) {
        ids.insert(f.claim(20)->id);
        ids.insert(must(second.claim("hook", at(20), 30s))->id);
    }
    CHECK(ids.size() == 10);
    CHECK_FALSE(f.claim(20));
}

TEST_CASE("outbox: bytes that are not UTF-8 do not block a message", "[daemon][store]") {
    Fixture f;
    auto opened = opening("a");
    opened.summary = "bad \xFF byte";
    must_do(f.book.commit({opened}, kHook));
    const auto item = f.claim(20);
    REQUIRE(item);
    CHECK(must(parse_notice(item->payload)).summary == "bad \xEF\xBF\xBD byte");
}

TEST_CASE("notice: what is not a notice is refused", "[daemon][store]") {
    for (const auto* text : {"", "{", "[]", "{}", R"({"incident":"seven"})"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_notice(text));
    }
}

TEST_CASE("outbox: it is not opened before there is a book", "[daemon][store]") {
    const TemporaryFolder folder;
    CHECK_FALSE(Outbox::open(folder / kBook));
}

}  // namespace outrider::app::test
