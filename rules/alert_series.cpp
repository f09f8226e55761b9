#include "rules/alert_series.h"

#include <cmath>

#include "rules/promql/matcher.h"

namespace outrider::rules {

void AlertSeries::write(const std::map<Labels, Alert>& active, Instant at) {
    // Both maps are in the order of labels: one walk over the two.
    auto entry = entries_.begin();
    for (const auto& [labels, alert] : active) {
        while (entry != entries_.end() && entry->first < labels) {
            end(entry->second.alerts, at);
            end(entry->second.for_state, at);
            entry = entries_.erase(entry);
        }
        if (entry == entries_.end() || entry->first != labels) {
            entry = entries_.emplace_hint(entry, labels, Entry{});
            auto name = labels;
            name.set(promql::kMetricName, kAlertsForStateMetric);
            entry->second.for_state = store_->open(name);
            open_alerts(alert, entry->second);
        } else if (entry->second.state != alert.state) {
            end(entry->second.alerts, at);
            open_alerts(alert, entry->second);
        }
        const auto whole_seconds = std::floor(unix_seconds(alert.active_at));
        if (auto* series = entry->second.alerts) (void)store_->append(*series, {at, 1});
        if (auto* series = entry->second.for_state) (void)store_->append(*series, {at, whole_seconds});
        ++entry;
    }
    while (entry != entries_.end()) {
        end(entry->second.alerts, at);
        end(entry->second.for_state, at);
        entry = entries_.erase(entry);
    }
}

void AlertSeries::open_alerts(const Alert& alert, Entry& entry) {
    auto labels = alert.labels;
    labels.set(promql::kMetricName, kAlertsMetric);
    labels.set("alertstate", to_string(alert.state));
    entry.state = alert.state;
    entry.alerts = store_->open(labels);
}

void AlertSeries::end(Series* series, Instant at) {
    if (series == nullptr) return;
    (void)store_->append(*series, {at, kStale});
    store_->close(series);
}

}  // namespace outrider::rules
