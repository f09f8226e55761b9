#include "daemon/notify/alertmanager/schedule.h"

#include <algorithm>
#include <iterator>
#include <tuple>
#include <utility>

namespace outrider::app {
namespace {

using namespace std::chrono_literals;

constexpr Duration kFirstRetry = 5s;
constexpr Duration kResolvedResend = 15min;  // Prometheus's resolvedRetention
constexpr int kLifeInResends = 4;            // Prometheus's factor: two lost resends survive

bool same_firing(const Alert& a, const Alert& b) {
    return a.state == b.state && a.fired_at == b.fired_at && a.resolved_at == b.resolved_at;
}

bool expired(const Alert& alert, Instant now) {
    return alert.state == AlertState::resolved && alert.resolved_at.value_or(now) + kResolvedResend <= now;
}

}  // namespace

AlertUpdate AlertSchedule::update(const Alert& alert, Instant now) {
    if (alert.state == AlertState::pending) return AlertUpdate::pending;
    if (!sendable(alert.labels)) return AlertUpdate::unsendable;
    if (const auto known = entries_.find(alert.labels); known != entries_.end()) {
        if (same_firing(known->second.alert, alert)) {
            known->second.alert = alert;
            return AlertUpdate::known;
        }
        forget(known);
    }
    if (expired(alert, now)) return AlertUpdate::known;  // restored, and told long ago
    while (!by_age_.empty() && entries_.size() >= capacity_) {
        forget(by_age_.begin()->second);
        ++dropped_;
    }
    const auto version = ++versions_;
    const auto [entry, added] = entries_.emplace(alert.labels, Entry{.alert = alert, .due = now, .version = version});
    by_age_.emplace(version, entry);
    return AlertUpdate::queued;
}

std::vector<OutgoingAlert> AlertSchedule::due(Instant now, std::size_t limit) {
    forget_expired(now);
    std::vector<const Entry*> chosen;
    for (const auto& [labels, entry] : entries_)
        if (entry.due <= now) chosen.push_back(&entry);
    return most_urgent(std::move(chosen), now, limit);
}

std::vector<OutgoingAlert> AlertSchedule::undelivered(Instant now, std::size_t limit) {
    forget_expired(now);
    std::vector<const Entry*> chosen;
    for (const auto& [labels, entry] : entries_)
        if (!entry.accepted) chosen.push_back(&entry);
    return most_urgent(std::move(chosen), now, limit);
}

std::vector<OutgoingAlert> AlertSchedule::most_urgent(std::vector<const Entry*> chosen, Instant now,
                                                      std::size_t limit) const {
    std::ranges::sort(chosen, {}, [](const Entry* entry) {
        return std::tuple{entry->accepted, entry->due, entry->version};
    });
    if (chosen.size() > limit) chosen.resize(limit);
    std::vector<OutgoingAlert> alerts;
    alerts.reserve(chosen.size());
    for (const auto* entry : chosen) alerts.push_back(outgoing(*entry, now));
    return alerts;
}

OutgoingAlert AlertSchedule::outgoing(const Entry& entry, Instant now) const {
    const auto& alert = entry.alert;
    const auto starts_at = alert.fired_at.value_or(alert.active_at);
    // Four times the larger of a minute and the interval at which the sender repeats itself. The sender repeats on its
    // own timer, so here the resend interval is what Prometheus's rule interval is there.
    const auto gives_up = now + kLifeInResends * std::max<Duration>(resend_interval_, 1min);
    const bool resolved = alert.state == AlertState::resolved;
    return {.labels = alert.labels,
            .annotations = alert.annotations,
            .starts_at = starts_at,
            .ends_at = resolved ? std::max(alert.resolved_at.value_or(now), starts_at) : gives_up,
            .version = entry.version};
}

void AlertSchedule::accepted(std::span<const OutgoingAlert> alerts, Instant at) {
    for (const auto& alert : alerts) {
        if (auto* entry = same_state(alert)) {
            entry->accepted = true;
            entry->failures = 0;
            entry->due = at + resend_interval_;
        }
    }
}

void AlertSchedule::failed(std::span<const OutgoingAlert> alerts, Instant at) {
    for (const auto& alert : alerts) {
        if (auto* entry = same_state(alert)) {
            const auto doublings = std::min(entry->failures++, 16);
            const auto retry = std::min<Duration>(kFirstRetry * (1 << doublings), resend_interval_);
            entry->due = at + (entry->accepted ? resend_interval_ : retry);
        }
    }
}

void AlertSchedule::refused(std::span<const OutgoingAlert> alerts) {
    for (const auto& alert : alerts)
        if (same_state(alert) != nullptr) forget(entries_.find(alert.labels));
}

std::optional<Instant> AlertSchedule::next_due() const {
    const auto soonest = std::ranges::min_element(entries_, {}, [](const auto& each) { return each.second.due; });
    if (soonest == entries_.end()) return std::nullopt;
    return soonest->second.due;
}

AlertSchedule::Entry* AlertSchedule::same_state(const OutgoingAlert& alert) {
    const auto found = entries_.find(alert.labels);
    return found != entries_.end() && found->second.version == alert.version ? &found->second : nullptr;
}

void AlertSchedule::forget(Entries::iterator entry) {
    by_age_.erase(entry->second.version);
    entries_.erase(entry);
}

void AlertSchedule::forget_expired(Instant now) {
    for (auto entry = entries_.begin(); entry != entries_.end();) {
        const auto next = std::next(entry);
        if (expired(entry->second.alert, now)) forget(entry);
        entry = next;
    }
}

}  // namespace outrider::app
