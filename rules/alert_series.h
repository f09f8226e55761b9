// ALERTS and ALERTS_FOR_STATE: the active alerts of a rule as series that other rules can look at.
#pragma once

#include <map>
#include <string_view>

#include "outrider/alert.h"
#include "outrider/labels.h"
#include "outrider/time.h"
#include "rules/series_store.h"

namespace outrider::rules {

inline constexpr std::string_view kAlertsMetric = "ALERTS";
inline constexpr std::string_view kAlertsForStateMetric = "ALERTS_FOR_STATE";

/// As in Prometheus: of each alert ALERTS with its labels and `alertstate`, of value 1, and ALERTS_FOR_STATE with its
/// labels, whose value is active_at in whole Unix seconds. What is over gets a stale marker.
class AlertSeries {
public:
    explicit AlertSeries(SeriesStore& store) : store_(&store) {}

    /// Writes all active alerts as of `at`, which rises from call to call.
    void write(const std::map<Labels, Alert>& active, Instant at);

private:
    struct Entry {
        AlertState state = AlertState::pending;
        Series* alerts = nullptr;  // null: nobody looks at it
        Series* for_state = nullptr;
    };
    void open_alerts(const Alert& alert, Entry& entry);
    void end(Series* series, Instant at);

    SeriesStore* store_;
    std::map<Labels, Entry> entries_;  // by the alert's labels
};

}  // namespace outrider::rules
