#include "daemon/store/book.h"

#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <cmath>
#include <csignal>
#include <fstream>
#include <iostream>
#include <limits>
#include <random>

#include "unit/daemon/book_fixture.h"

namespace outrider::app::test {
namespace {

std::string error_of(const std::string& path) {
    const auto book = Book::open(path);
    REQUIRE_FALSE(book);
    return book.error().text;
}

void skip(const std::string& why) {
    std::cerr << "SKIPPED: " << Catch::getResultCapture().getCurrentTestName() << ": " << why << '\n';
}

/// A file system of 1 MB, where the right to mount one is given.
struct SmallDisk {
    explicit SmallDisk(std::string where) : path(std::move(where)) {
        std::filesystem::create_directory(path);
        mounted = mount("tmpfs", path.c_str(), "tmpfs", 0, "size=1m") == 0;
    }
    ~SmallDisk() {
        if (mounted) umount2(path.c_str(), MNT_DETACH);
    }
    SmallDisk(const SmallDisk&) = delete;
    SmallDisk& operator=(const SmallDisk&) = delete;
    std::string path;
    bool mounted = false;
};

}  // namespace

TEST_CASE("book: alert states come back as they were", "[daemon][store]") {
    const TemporaryFolder folder;
    auto waiting = firing("b");
    waiting.state = AlertState::pending;
    waiting.fired_at.reset();
    auto lingering = firing("c");
    lingering.false_since = at(12);
    lingering.labels.set("path", "quote \" newline \n end");
    {
        auto book = must(Book::open(folder / kBook));
        must_do(book.commit({AlertChanged{firing("a")}, AlertChanged{waiting}, AlertChanged{lingering}}, {}));
    }
    auto book = must(Book::open(folder / kBook));
    const auto alerts = must(book.load_alerts(at(20)));
    CHECK_THAT(alerts, Catch::UnorderedEquals(std::vector{firing("a"), waiting, lingering}));
}

TEST_CASE("book: a value that is no number stays none", "[daemon][store]") {
    const TemporaryFolder folder;
    auto book = must(Book::open(folder / kBook));
    auto alert = firing("a");
    alert.value = std::numeric_limits<double>::quiet_NaN();
    must_do(book.commit({AlertChanged{alert}}, {}));
    CHECK(std::isnan(must(book.load_alerts(at(20))).at(0).value));
}

TEST_CASE("book: a pending alert that is forgotten leaves no row", "[daemon][store]") {
    const TemporaryFolder folder;
    auto book = must(Book::open(folder / kBook));
    auto alert = firing("a");
    alert.state = AlertState::pending;
    must_do(book.commit({AlertChanged{alert}}, {}));
    must_do(book.commit({AlertChanged{.alert = alert, .forgotten = true}}, {}));
    CHECK(must(book.load_alerts(at(20))).empty());
}

TEST_CASE("book: a resolved alert is kept for 15 minutes, then pruned by a later commit", "[daemon][store]") {
    const TemporaryFolder folder;
    auto book = must(Book::open(folder / kBook));
    must_do(book.commit({AlertChanged{resolved("a", 10, 60)}}, {}));
    CHECK(must(book.load_alerts(at(60 + 899))).size() == 1);
    CHECK(must(book.load_alerts(at(60 + 900))).empty());
    must_do(book.commit({AlertChanged{firing("b", 60 + 899)}}, {}));
    CHECK(count(folder / kBook, "SELECT COUNT(*) FROM alert") == 2);
    must_do(book.commit({AlertChanged{firing("b", 60 + 900)}}, {}));
    CHECK(count(folder / kBook, "SELECT COUNT(*) FROM alert") == 1);
}

TEST_CASE("book: an incident is recorded with everything the engine said", "[daemon][store]") {
    const TemporaryFolder folder;
    auto book = must(Book::open(folder / kBook));
    const auto opened = opening("a");
    must_do(book.commit({opened}, kHook));
    const auto incidents = must(book.incidents(IncidentFilter::open, 10));
    REQUIRE(incidents.size() == 1);
    CHECK(incidents[0] == IncidentRecord{.id = 1,
                                         .key = opened.key,
                                         .state = IncidentState::open,
                                         .priority = Priority::p2,
                                         .fault = opened.fault,
                                         .summary = opened.summary,
                                         .switch_to = "ams",
                                         .onset = at(5),
                                         .opened_at = at(10),
                                         .resolved_at = {},
                                         .timeline = opened.timeline});
}

TEST_CASE("book: two openings of one key are one incident", "[daemon][store]") {
    const TemporaryFolder folder;
    auto book = must(Book::open(folder / kBook));
    auto again = opening("a");
    again.at = at(30);
    again.priority = Priority::p1;
    again.switch_to = "lon";
    again.timeline = {{at(30), TimelineKind::evidence, "also at ams"}};
    must_do(book.commit({opening("a")}, kHook));
    must_do(book.commit({again}, kHook));
    auto calmer = again;
    calmer.at = at(40);
    calmer.priority = Priority::p4;
    must_do(book.commit({calmer}, kHook));

    const auto incidents = must(book.incidents(IncidentFilter::all, 10));
    REQUIRE(incidents.size() == 1);
    CHECK(incidents[0].opened_at == at(10));
    CHECK(incidents[0].priority == Priority::p1);
    CHECK(incidents[0].switch_to == "lon");
    CHECK(incidents[0].timeline.size() == 3);
    CHECK(count(folder / kBook, "SELECT COUNT(*) FROM outbox") == 1);
}

TEST_CASE("book: committing the same effects again changes nothing", "[daemon][store]") {
    const TemporaryFolder folder;
    auto book = must(Book::open(folder / kBook));
    const Effects begin{AlertChanged{firing("a")}, opening("a")};
    const Effects end{AlertChanged{resolved("a")}, resolving("a")};
    const auto snapshot = [&] { return must(book.incidents(IncidentFilter::all, 10)); };
    const auto owed = [&] { return count(folder / kBook, "SELECT COUNT(*) FROM outbox"); };

    must_do(book.commit(begin, kHook));
    const auto opened = snapshot();
    must_do(book.commit(begin, kHook));
    CHECK(snapshot() == opened);
    CHECK(owed() == 1);
    must_do(book.commit(end, kHook));
    const auto over = snapshot();
    must_do(book.commit(end, kHook));
    must_do(book.commit(begin, kHook));  // an opening that is recorded, and over, does not open a second one
    CHECK(snapshot() == over);
    CHECK(owed() == 2);
    CHECK(over.at(0).state == IncidentState::resolved);
    CHECK(over.at(0).resolved_at == at(60));
    CHECK(over.at(0).timeline.back() == TimelineEntry{at(60), TimelineKind::resolved, "lag is normal"});
}

TEST_CASE("book: resolving without an open incident does nothing", "[daemon][store]") {
    const TemporaryFolder folder;
    auto book = must(Book::open(folder / kBook));
    must_do(book.commit({resolving("a")}, kHook));
    CHECK(must(book.incidents(IncidentFilter::all, 10)).empty());
    CHECK(count(folder / kBook, "SELECT COUNT(*) FROM outbox") == 0);
}

TEST_CASE("book: a key may be opened again after it was resolved", "[daemon][store]") {
    const TemporaryFolder folder;
    auto book = must(Book::open(folder / kBook));
    must_do(book.commit({opening("a", 10)}, kHook));
    must_do(book.commit({resolving("a", 60)}, kHook));
    must_do(book.commit({opening("a", 100)}, kHook));
    const auto all = must(book.incidents(IncidentFilter::all, 10));
    REQUIRE(all.size() == 2);
    CHECK(all[0].opened_at == at(100));  // newest first
    CHECK(must(book.incidents(IncidentFilter::open, 10)).size() == 1);
    CHECK(must(book.incidents(IncidentFilter::all, 1)).size() == 1);
    CHECK(count(folder / kBook, "SELECT COUNT(*) FROM outbox") == 3);
}

TEST_CASE("book: its id is drawn once", "[daemon][store]") {
    const TemporaryFolder folder;
    const auto id = must(Book::open(folder / kBook)).id();
    CHECK(id.size() == 16);
    CHECK(id.find_first_not_of("0123456789abcdef") == std::string::npos);
    CHECK(must(Book::open(folder / kBook)).id() == id);
    CHECK(must(Book::open(folder / "other.db")).id() != id);
}

TEST_CASE("book: the view sees commits and cannot be opened before the book", "[daemon][store]") {
    const TemporaryFolder folder;
    CHECK_FALSE(BookView::open(folder / kBook));
    auto book = must(Book::open(folder / kBook));
    auto view = must(BookView::open(folder / kBook));
    must_do(book.commit({AlertChanged{firing("a")}, opening("a")}, {}));
    CHECK(must(view.incidents(IncidentFilter::open, 10)).size() == 1);
    CHECK(must(view.incident(1)).has_value());
    CHECK_FALSE(must(view.incident(7)).has_value());
    CHECK(must(view.alerts(at(20))).size() == 1);
    auto connection = must(sqlite::Connection::open(folder / kBook, sqlite::Mode::read));
    CHECK_FALSE(connection.run("DELETE FROM alert"));
}

TEST_CASE("book: what cannot be a book is refused with its reason", "[daemon][store]") {
    const TemporaryFolder folder;
    SECTION("no state directory") {
        CHECK(error_of(folder / "absent/book.db") == folder / "absent/book.db" +
                                                         ": want an existing state directory, found no directory " +
                                                         folder / "absent");
    }
    SECTION("a directory in its place") {
        std::filesystem::create_directory(folder / kBook);
        CHECK(error_of(folder / kBook) == folder / kBook + ": want a file, found a directory");
    }
    SECTION("a file of something else") {
        std::ofstream{folder / kBook} << std::string(5000, 'x');
        CHECK(error_of(folder / kBook).starts_with(folder / kBook + ": not an Outrider book: the file is no SQLite"));
    }
    SECTION("another program's database, which stays as it was") {
        {
            auto other = must(sqlite::Connection::open(folder / kBook, sqlite::Mode::create));
            must_do(other.script("CREATE TABLE song (title TEXT)"));
        }
        CHECK(error_of(folder / kBook) ==
              folder / kBook + ": not an Outrider book: a SQLite database of another program");
        auto other = must(sqlite::Connection::open(folder / kBook, sqlite::Mode::read));
        CHECK(must(other.query("PRAGMA journal_mode")).at(0).text(0) == "delete");
        CHECK_FALSE(must(other.has_table("alert")));
    }
    SECTION("a newer schema") {
        (void)must(Book::open(folder / kBook));
        {
            auto connection = must(sqlite::Connection::open(folder / kBook, sqlite::Mode::read_write));
            must_do(connection.run("INSERT INTO schema_version (version) VALUES (99)"));
        }
        CHECK(error_of(folder / kBook) == folder / kBook +
                                              ": want schema version 1 or older, found 99: the book was "
                                              "written by a newer Outrider");
    }
}

TEST_CASE("book: a read-only file is refused", "[daemon][store]") {
    const TemporaryFolder folder;
    (void)must(Book::open(folder / kBook));
    namespace fs = std::filesystem;
    fs::permissions(folder / kBook, fs::perms{0444});
    fs::permissions(folder.path(), fs::perms{0755});
    constexpr uid_t nobody = 65534;
    const bool is_root = geteuid() == 0;
    if (is_root) REQUIRE(seteuid(nobody) == 0);  // root may write everywhere
    const auto book = Book::open(folder / kBook);
    if (is_root) REQUIRE(seteuid(0) == 0);
    REQUIRE_FALSE(book);
    CAPTURE(book.error().text);
    CHECK(book.error().text.starts_with(folder / kBook + ": cannot be written: the file or its folder is read-only"));
}

TEST_CASE("book: on a full disk a commit records nothing, says so, and works again when there is room",
          "[daemon][store]") {
    const TemporaryFolder folder;
    const SmallDisk small{folder / "disk"};
    if (!small.mounted) return skip("needs the right to mount a tmpfs");
    const auto& disk = small.path;
    auto book = must(Book::open(disk + "/book.db"));
    must_do(book.commit({AlertChanged{firing("first")}, opening("first")}, kHook));
    std::ofstream filler{disk + "/filler", std::ios::binary};
    while (filler.write(std::string(4096, 'x').data(), 4096).flush()) continue;

    Status status = Done{};
    int committed = 0;
    while (status && committed < 1000) {  // what the write-ahead log still has room for
        const auto stream = "s" + std::to_string(committed);
        status = book.commit({AlertChanged{firing(stream)}, opening(stream)}, kHook);
        if (status) ++committed;
    }
    REQUIRE_FALSE(status);
    CHECK(status.error().text.starts_with(disk + "/book.db: disk full"));
    filler.close();
    std::filesystem::remove(disk + "/filler");

    const auto expect = static_cast<std::size_t>(committed) + 1;
    CHECK(must(book.load_alerts(at(20))).size() == expect);
    CHECK(must(book.incidents(IncidentFilter::open, 5000)).size() == expect);
    must_do(book.commit({AlertChanged{firing("last")}, opening("last")}, kHook));
    CHECK(must(book.load_alerts(at(20))).size() == expect + 1);
}

// Each stream's life is two transactions, each of them an alert state, an incident and a message owed:
//
//   transaction   alert      incident   outbox
//   1             firing     open       firing
//   2             resolved   resolved   resolved
//
// Wherever the kill lands, the three columns have the same number of rows in both lines.
TEST_CASE("book: kill -9 at any moment keeps a state and the intention to tell of it together", "[daemon][store]") {
    const TemporaryFolder folder;
    (void)must(Book::open(folder / kBook));
    std::mt19937 random{20260301};
    for (int round = 0; round < 20; ++round) {
        std::array<int, 2> progress{};
        REQUIRE(pipe(progress.data()) == 0);
        const pid_t child = fork();
        REQUIRE(child >= 0);
        if (child == 0) {
            auto book = Book::open(folder / kBook);
            for (int i = 0; book && i < 100'000; ++i) {
                const auto stream = std::to_string(round) + "-" + std::to_string(i);
                if (!book->commit({AlertChanged{firing(stream)}, opening(stream)}, kHook)) break;
                if (!book->commit({AlertChanged{resolved(stream)}, resolving(stream)}, kHook)) break;
                if (write(progress[1], "x", 1) != 1) break;
            }
            _exit(1);
        }
        close(progress[1]);
        // Not a sleep: the kill falls a random number of commits later, and a random stretch into the next.
        char byte = 0;
        const int commits = static_cast<int>(random() % 20) + 1;
        for (int i = 0; i < commits; ++i) REQUIRE(read(progress[0], &byte, 1) == 1);
        for (auto spin = random() % 50'000; spin > 0; --spin) (void)getppid();
        REQUIRE(kill(child, SIGKILL) == 0);
        int status = 0;
        REQUIRE(waitpid(child, &status, 0) == child);
        REQUIRE(WIFSIGNALED(status));  // it had not ended by itself
        close(progress[0]);

        CAPTURE(round);
        (void)must(Book::open(folder / kBook));
        const auto number = [&](std::string_view sql) { return count(folder / kBook, sql); };
        CHECK(number("SELECT COUNT(*) FROM alert") >= commits);
        CHECK(number("SELECT COUNT(*) FROM alert") == number("SELECT COUNT(*) FROM incident"));
        CHECK(number("SELECT COUNT(*) FROM alert") == number("SELECT COUNT(*) FROM outbox WHERE status = 'firing'"));
        const auto over = number("SELECT COUNT(*) FROM alert WHERE state = 'resolved'");
        CHECK(over == number("SELECT COUNT(*) FROM incident WHERE state = 'resolved'"));
        CHECK(over == number("SELECT COUNT(*) FROM outbox WHERE status = 'resolved'"));
        CHECK(over == number("SELECT COUNT(*) FROM timeline WHERE kind = 'resolved'"));
    }
}

}  // namespace outrider::app::test
