// Reading the book: shared by the writer, which restores from it, and by the view of the web thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/store/sqlite.h"
#include "outrider/alert.h"
#include "outrider/incident.h"
#include "outrider/result.h"
#include "outrider/time.h"

namespace outrider::app {

enum class IncidentState { open, resolved };

[[nodiscard]] constexpr std::string_view to_string(IncidentState state) noexcept {
    switch (state) {
        case IncidentState::open: return "open";
        case IncidentState::resolved: return "resolved";
    }
    return "";
}

struct IncidentRecord {
    std::int64_t id = 0;  ///< from 1, growing; gaps mean nothing
    IncidentKey key;
    IncidentState state = IncidentState::open;
    Priority priority = Priority::p3;  ///< the most urgent it ever had
    Fault fault;                       ///< the newest verdict
    std::string summary;
    std::string switch_to;
    Instant onset{};
    Instant opened_at{};
    std::optional<Instant> resolved_at;
    std::vector<TimelineEntry> timeline;  ///< in the order they were recorded
    friend bool operator==(const IncidentRecord&, const IncidentRecord&) = default;
};

enum class IncidentFilter { open, all };

/// How long a resolved alert is kept, and told to Alertmanager again.
inline constexpr Duration kResolvedRetention = std::chrono::minutes{15};

/// Pending and firing alerts, and those resolved in the last kResolvedRetention before `now`, oldest first.
Result<std::vector<Alert>> read_alerts(sqlite::Connection& connection, Instant now);

/// At most `limit` incidents with their timelines, newest first.
Result<std::vector<IncidentRecord>> read_incidents(sqlite::Connection& connection, IncidentFilter filter,
                                                   std::size_t limit);

/// The incident of that id with its timeline; nullopt when there is none.
Result<std::optional<IncidentRecord>> read_incident(sqlite::Connection& connection, std::int64_t id);

}  // namespace outrider::app
