#include "daemon/book_writer.h"

#include <catch2/catch.hpp>
#include <condition_variable>
#include <thread>

#include "book_fixture.h"

using namespace outrider;
using namespace outrider::app;

namespace {

Effects firing(const std::string& pop) {
    Alert alert;
    alert.labels = {{"alertname", "Late"}, {"pop", pop}};
    alert.state = AlertState::firing;
    return {AlertChanged{.alert = alert}};
}

}  // namespace

TEST_CASE("book writer: commits in order, and tells only what is committed", "[daemon][store]") {
    TemporaryFolder folder;
    auto book = Book::open(folder / test::kBook);
    REQUIRE(book.ok());
    std::vector<std::string> told;
    BookWriter writer{std::move(book).value(), {}, [&](const Effects& effects) {
                          told.emplace_back(std::get<AlertChanged>(effects[0]).alert.labels.value_of("pop"));
                      }};
    for (const auto* pop : {"a", "b", "c"}) writer.submit(firing(pop));
    CHECK(writer.waiting() == 3);
    {
        std::jthread thread{[&](std::stop_token stop) { writer.run(stop); }};
    }  // asks it to stop: it drains first
    CHECK(told == std::vector<std::string>{"a", "b", "c"});
    CHECK(writer.commits() == 3);
    CHECK(writer.waiting() == 0);
}

TEST_CASE("book: a file moved away under it is an error, and works again when it is back", "[daemon][store]") {
    TemporaryFolder folder;
    auto book = test::must(Book::open(folder / test::kBook));
    test::must_do(book.commit({test::opening("a")}, test::kHook));
    std::filesystem::rename(folder / test::kBook, folder / "elsewhere.db");
    const auto status = book.commit({test::opening("b")}, test::kHook);
    REQUIRE_FALSE(status);
    CHECK(status.error().text ==
          folder / test::kBook + ": the file was moved or removed while in use: put it back, or restart");
    std::filesystem::rename(folder / "elsewhere.db", folder / test::kBook);
    test::must_do(book.commit({test::opening("b")}, test::kHook));
    CHECK(test::count(folder / test::kBook, "SELECT count(*) FROM incident") == 2);
}
