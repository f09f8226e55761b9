// Instants as the book's columns hold them: nanoseconds of UTC since 1970. Internal to this folder.
#pragma once

#include <optional>

#include "daemon/store/sqlite.h"
#include "outrider/time.h"

namespace outrider::app {

[[nodiscard]] inline sqlite::Value to_column(Instant at) { return std::int64_t{at.time_since_epoch().count()}; }

[[nodiscard]] inline sqlite::Value to_column(std::optional<Instant> at) {
    return at ? to_column(*at) : sqlite::Value{};
}

[[nodiscard]] inline Instant instant_in(const sqlite::Row& row, std::size_t column) {
    return Instant{Duration{row.integer(column)}};
}

[[nodiscard]] inline std::optional<Instant> maybe_instant_in(const sqlite::Row& row, std::size_t column) {
    if (row.is_null(column)) return std::nullopt;
    return instant_in(row, column);
}

}  // namespace outrider::app
