// What the tests of the book and of the notifiers share: effects in one line, and a look into the book.
#pragma once

#include <catch2/catch.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/store/book.h"
#include "daemon/store/outbox.h"
#include "daemon/store/sqlite.h"
#include "outrider/effect.h"
#include "unit/daemon/temporary_folder.h"

namespace outrider::app::test {

/// The file of the book, in a folder of the test.
inline const std::string kBook{"book.db"};

/// A moment `s` seconds after 2026-03-01T00:00:00Z.
inline Instant at(double s) {
    return Instant{std::chrono::sys_days{std::chrono::year{2026} / 3 / 1}} + from_seconds(s);
}

inline Alert firing(const std::string& stream, double s = 10) {
    return {.labels = {{"alertname", "LagHigh"}, {"stream", stream}},
            .annotations = {{"description", "4.2 s late"}},
            .state = AlertState::firing,
            .value = 4.25,
            .active_at = at(s - 5),
            .fired_at = at(s),
            .resolved_at = {},
            .false_since = {}};
}

inline Alert resolved(const std::string& stream, double fired = 10, double over = 60) {
    auto alert = firing(stream, fired);
    alert.state = AlertState::resolved;
    alert.resolved_at = at(over);
    return alert;
}

inline IncidentKey key_of(const std::string& stream) { return {{"alertname", "LagHigh"}, {"stream", stream}}; }

inline IncidentOpened opening(const std::string& stream, double s = 10) {
    return {.key = key_of(stream),
            .priority = Priority::p2,
            .fault = {.scope = Scope::pop, .confidence = 0.9, .evidence = "9 of 10 streams at fra are late"},
            .alert = firing(stream, s),
            .summary = "fra delivers late",
            .switch_to = "ams",
            .at = at(s),
            .timeline = {{at(s - 5), TimelineKind::onset, "lag grew"}, {at(s), TimelineKind::opened, "LagHigh fired"}}};
}

inline IncidentResolved resolving(const std::string& stream, double over = 60) {
    return {.key = key_of(stream), .alert = resolved(stream, 10, over), .at = at(over), .reason = "lag is normal"};
}

/// A Result's value, or a failed test with its error.
template <class T>
T must(Result<T> result) {
    INFO((result ? std::string{} : result.error().text));
    REQUIRE(result);
    return std::move(result).value();
}

inline void must_do(const Status& status) {
    INFO((status ? std::string{} : status.error().text));
    REQUIRE(status);
}

/// The one number that `sql` selects, read past our own classes' backs.
inline std::int64_t count(const std::string& book, std::string_view sql) {
    auto connection = must(sqlite::Connection::open(book, sqlite::Mode::read));
    return must(connection.query(sql)).at(0).integer(0);
}

inline const std::vector<std::string> kHook{"hook"};

}  // namespace outrider::app::test
