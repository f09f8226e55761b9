#include "daemon/mailbox.h"

#include <catch2/catch.hpp>
#include <thread>

#include "daemon/progress.h"

using namespace outrider;
using namespace outrider::app;
using namespace std::chrono_literals;

namespace {
Sample numbered(std::uint32_t n) { return {.target = TargetId{n}, .at = {}, .outcome = Outcome::ok, .readings = {}}; }
}  // namespace

TEST_CASE("mailbox: gives all in order, and counts what it refuses", "[daemon][mailbox]") {
    Mailbox mailbox{3};
    for (std::uint32_t i = 0; i < 5; ++i) CHECK(mailbox.offer(numbered(i)) == (i < 3));
    CHECK(mailbox.refused() == 2);
    const auto taken = mailbox.take({}, 0s);
    REQUIRE(taken.size() == 3);
    CHECK(taken[2].target == TargetId{2});
    CHECK(mailbox.size() == 0);
    CHECK(mailbox.offer(numbered(9)));
}

TEST_CASE("mailbox: a wait ends when it is half full, with time, or with a stop", "[daemon][mailbox]") {
    Mailbox mailbox{4};
    CHECK(mailbox.take({}, 1ms).empty());
    CHECK(mailbox.offer(numbered(1)));
    CHECK(mailbox.take({}, 1ms).size() == 1);
    std::jthread producer{[&] {
        mailbox.offer(numbered(1));
        mailbox.offer(numbered(2));
    }};
    CHECK(mailbox.take({}, 20s).size() == 2);
    std::stop_source stop;
    std::jthread stopper{[&] { stop.request_stop(); }};
    CHECK(mailbox.take(stop.get_token(), 20s).empty());
}

TEST_CASE("progress: names the parts that stand still", "[daemon][watchdog]") {
    std::uint64_t engine = 0;
    std::uint64_t shard = 0;
    Progress progress;
    progress.watch("engine", [&] { return engine; });
    progress.watch("shard 0", [&] { return shard; });
    CHECK(progress.stuck().empty());
    engine += 5;
    ++shard;
    CHECK(progress.stuck().empty());
    ++shard;
    CHECK(progress.stuck() == std::vector<std::string>{"engine"});
    CHECK(progress.stuck() == std::vector<std::string>{"engine", "shard 0"});
}
