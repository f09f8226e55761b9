// What a notifier is told about an incident: everything a message needs, in nobody's format.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "outrider/incident.h"
#include "outrider/labels.h"
#include "outrider/result.h"
#include "outrider/time.h"

namespace outrider::app {

/// Taken when the incident opens, and told again with `ended_at` when it is resolved: what identifies (key, labels,
/// priority, summary) is the same in both, so that a receiver finds the first by the second.
struct Notice {
    std::int64_t incident = 0;
    IncidentKey key;
    Labels labels;       ///< of the alert that opened it
    Labels annotations;  ///< of the same alert
    Priority priority = Priority::p3;
    Fault fault;
    std::string summary;
    std::string switch_to;            ///< empty when no POP is healthy
    Instant onset{};                  ///< when the condition began
    Instant started_at{};             ///< when the alert fired
    std::optional<Instant> ended_at;  ///< set: resolved
    std::string reason;               ///< why it was resolved; empty while firing
    friend bool operator==(const Notice&, const Notice&) = default;
};

/// One line of JSON. Bytes that are not UTF-8 become U+FFFD.
[[nodiscard]] std::string to_json(const Notice& notice);

/// The inverse; fails on what to_json has not written.
[[nodiscard]] Result<Notice> parse_notice(std::string_view json);

/// A JSON object of string values, names sorted. Bytes that are not UTF-8 become U+FFFD.
[[nodiscard]] std::string labels_json(const Labels& labels);

/// The inverse; values that are not strings are left out, and anything but an object gives no labels.
[[nodiscard]] Labels parse_labels_json(std::string_view json);

/// The scope of that name; endpoint, the narrowest, for a name from the future.
[[nodiscard]] Scope scope_named(std::string_view name) noexcept;

}  // namespace outrider::app
