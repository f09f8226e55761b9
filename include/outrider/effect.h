// What the engine wants done. The effects of one event are one transaction: all are committed, or none.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "outrider/alert.h"
#include "outrider/incident.h"
#include "outrider/labels.h"
#include "outrider/time.h"

namespace outrider {

/// An alert entered a new state (or, `forgotten`, was pending and is gone): the state to restore after a restart, and,
/// from firing on, what Alertmanager is told.
struct AlertChanged {
    Alert alert;
    bool forgotten = false;
    friend bool operator==(const AlertChanged&, const AlertChanged&) = default;
};

/// Open an incident, or add to the open one of the same key.
struct IncidentOpened {
    IncidentKey key;
    Priority priority = Priority::p3;
    Fault fault;
    Alert alert;            ///< the alert that opened it
    std::string summary;    ///< one line that stays the same for the incident's life
    std::string switch_to;  ///< POP to move viewers to; empty when none is healthy
    Instant at{};
    std::vector<TimelineEntry> timeline;
    bool joins = false;  ///< the incident is open already, and the alert one more of its
    friend bool operator==(const IncidentOpened&, const IncidentOpened&) = default;
};

/// The condition behind the open incident of that key is over. Without one open, nothing happens.
struct IncidentResolved {
    IncidentKey key;
    Alert alert;
    Instant at{};
    std::string reason;
    friend bool operator==(const IncidentResolved&, const IncidentResolved&) = default;
};

using Effect = std::variant<AlertChanged, IncidentOpened, IncidentResolved>;
using Effects = std::vector<Effect>;

}  // namespace outrider
