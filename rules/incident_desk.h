// Alerts to incidents: which alerts are one problem, how urgent it is, when it is over.
#pragma once

#include <map>
#include <set>
#include <string>

#include "outrider/alert.h"
#include "outrider/effect.h"
#include "outrider/incident.h"

namespace outrider::rules {

/// All that is known about a problem when its alert fires.
struct Finding {
    Fault fault;
    std::string switch_to;  ///< empty when no other POP is healthy
    std::string evidence;   ///< numbers of the moment, one sentence
};

/// The target that an alert speaks of is the incident's key: two alerts about one endpoint are one incident.
/// Alerts whose labels name no target are an incident of their own, keyed by all their labels.
[[nodiscard]] IncidentKey incident_key(const Labels& alert_labels);

/// The alert's own `priority` label if it has one; else by its `severity` (critical P2, error P3, warning P4, info P5,
/// none P3), one level more urgent when more than one endpoint is at fault.
[[nodiscard]] Priority priority_of(const Labels& alert_labels, Scope scope);

/// Keeps which firing alerts belong to which open incident.
class IncidentDesk {
public:
    /// Takes back a firing alert from before a restart; no effect results.
    void restore(const Alert& alert) { open_[incident_key(alert.labels)].insert(alert.labels); }

    /// An alert began to fire: opens an incident, or joins the open one of its key.
    [[nodiscard]] Effect fired(const Alert& alert, const Finding& finding, Instant at);

    /// An alert is over: the incident is resolved with its last alert. Appends to `effects`.
    void resolved(const Alert& alert, const std::string& reason, Instant at, Effects& effects);

    [[nodiscard]] std::size_t open_count() const noexcept { return open_.size(); }

private:
    std::map<IncidentKey, std::set<Labels>> open_;  // key -> labels of its firing alerts
};

}  // namespace outrider::rules
