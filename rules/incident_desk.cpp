#include "rules/incident_desk.h"

#include <fmt/format.h>

#include <utility>

#include "outrider/target.h"
#include "outrider/time_text.h"

namespace outrider::rules {
namespace {

/// Text that identifies: the same for the incident's whole life, so without a number.
std::string summary_of(const Alert& alert) {
    if (const auto summary = alert.annotations.get("summary")) return std::string{*summary};
    const auto& labels = alert.labels;
    std::string target;
    if (const auto stream = labels.get("stream")) target += fmt::format(" stream {}", *stream);
    if (const auto pop = labels.get("pop")) target += fmt::format("{} POP {}", target.empty() ? "" : " at", *pop);
    if (const auto protocol = labels.get("protocol")) target += fmt::format(" ({})", *protocol);
    return fmt::format("{}{}{}", labels.value_of("alertname"), target.empty() ? "" : ":", target);
}

}  // namespace

IncidentKey incident_key(const Labels& alert_labels) {
    IncidentKey key;
    for (const auto name : kTargetLabels) key.set(name, alert_labels.value_of(name));
    return key.empty() ? alert_labels : key;
}

Priority priority_of(const Labels& alert_labels, Scope scope) {
    if (const auto own = priority_named(alert_labels.value_of("priority"))) return *own;
    const auto severity = alert_labels.value_of("severity");
    auto priority = Priority::p3;
    if (severity == "critical") priority = Priority::p2;
    if (severity == "warning") priority = Priority::p4;
    if (severity == "info") priority = Priority::p5;
    if (scope == Scope::endpoint || priority == Priority::p1) return priority;
    return static_cast<Priority>(static_cast<int>(priority) - 1);
}

Effect IncidentDesk::fired(const Alert& alert, const Finding& finding, Instant at) {
    auto key = incident_key(alert.labels);
    auto& alerts = open_[key];
    const bool first = alerts.empty();
    alerts.insert(alert.labels);
    std::vector<TimelineEntry> timeline;
    if (first) {
        timeline.push_back({alert.active_at, TimelineKind::onset, "condition first true"});
        timeline.push_back({at, TimelineKind::detected, fmt::format("{} fires", alert.labels.value_of("alertname"))});
    }
    timeline.push_back(
        {at, TimelineKind::evidence,
         fmt::format("{}{}", first ? "" : fmt::format("{} fires too: ", alert.labels.value_of("alertname")),
                     finding.evidence)});
    timeline.push_back({at, TimelineKind::evidence,
                        fmt::format("at fault: {} (confidence {:.2f}): {}", to_string(finding.fault.scope),
                                    finding.fault.confidence, finding.fault.evidence)});
    return IncidentOpened{.key = std::move(key),
                          .priority = priority_of(alert.labels, finding.fault.scope),
                          .fault = finding.fault,
                          .alert = alert,
                          .summary = summary_of(alert),
                          .switch_to = finding.switch_to,
                          .at = at,
                          .timeline = std::move(timeline),
                          .joins = !first};
}

void IncidentDesk::resolved(const Alert& alert, const std::string& reason, Instant at, Effects& effects) {
    const auto found = open_.find(incident_key(alert.labels));
    if (found == open_.end()) return;
    found->second.erase(alert.labels);
    if (!found->second.empty()) return;
    effects.push_back(IncidentResolved{.key = found->first, .alert = alert, .at = at, .reason = reason});
    open_.erase(found);
}

}  // namespace outrider::rules
