// The moment at which a unit test begins, as promtool lets it be written.
#pragma once

#include <optional>
#include <string_view>

#include "outrider/time.h"

namespace outrider::rules::testing {

/// RFC 3339 such as 2026-03-01T07:00:00.5+01:00, or seconds since 1970; nullopt for anything else, and for moments
/// before 1900 or after 2200.
[[nodiscard]] std::optional<Instant> parse_start_timestamp(std::string_view text);

}  // namespace outrider::rules::testing
