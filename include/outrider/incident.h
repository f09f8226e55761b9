// Incidents: what a person works on, and the verdict that opened one.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "outrider/labels.h"
#include "outrider/time.h"

namespace outrider {

/// Five levels, P1 the most urgent.
enum class Priority { p1, p2, p3, p4, p5 };

[[nodiscard]] constexpr std::string_view to_string(Priority priority) noexcept {
    constexpr std::array<std::string_view, 5> names{"P1", "P2", "P3", "P4", "P5"};
    return names[static_cast<std::size_t>(priority)];
}

/// The priority of that name ("P1" to "P5"); nullopt for any other text.
[[nodiscard]] constexpr std::optional<Priority> priority_named(std::string_view name) noexcept {
    if (name.size() != 2 || name[0] != 'P' || name[1] < '1' || name[1] > '5') return std::nullopt;
    return static_cast<Priority>(name[1] - '1');
}

/// What is at fault, from the narrowest to the widest, and last our own host.
enum class Scope { endpoint, pop, path, backbone, source, vantage };

[[nodiscard]] constexpr std::string_view to_string(Scope scope) noexcept {
    constexpr std::array<std::string_view, 6> names{"endpoint", "pop", "path", "backbone", "source", "vantage"};
    return names[static_cast<std::size_t>(scope)];
}

/// The localiser's verdict.
struct Fault {
    Scope scope = Scope::endpoint;
    double confidence = 0;  ///< 0 to 1
    std::string evidence;   ///< one sentence with the numbers it rests on
    friend bool operator==(const Fault&, const Fault&) = default;
};

/// What happened to an incident, in order; never overwritten.
enum class TimelineKind { onset, detected, opened, evidence, resolved, reopened, note };

[[nodiscard]] constexpr std::string_view to_string(TimelineKind kind) noexcept {
    constexpr std::array<std::string_view, 7> names{"onset",    "detected", "opened", "evidence",
                                                    "resolved", "reopened", "note"};
    return names[static_cast<std::size_t>(kind)];
}

struct TimelineEntry {
    Instant at{};
    TimelineKind kind = TimelineKind::note;
    std::string text;
    friend bool operator==(const TimelineEntry&, const TimelineEntry&) = default;
};

/// Two openings with the same key while one is open are the same incident.
using IncidentKey = Labels;

}  // namespace outrider
