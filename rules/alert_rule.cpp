#include "rules/alert_rule.h"

#include <set>
#include <utility>

namespace outrider::rules {

bool AlertRuleState::restore(const Alert& alert) {
    if (alert.labels.value_of("alertname") != rule_.name || alert.state == AlertState::resolved) return false;
    active_.insert_or_assign(alert.labels, alert);
    return true;
}

std::vector<AlertChanged> AlertRuleState::evaluate(const LatestStore& store, Instant at) {
    std::vector<AlertChanged> changes;
    std::set<Labels> seen_true;
    std::set<Labels> seen_false;
    for (const auto& element : store.select(rule_.expr.selector, at)) {
        const bool is_true =
            !rule_.expr.compare || comparison::holds(*rule_.expr.compare, element.value, rule_.expr.threshold);
        if (!is_true && active_.empty()) continue;  // nobody asks
        auto labels = identity(element);
        if (is_true) {
            on_true(element, labels, at, changes);
            seen_true.insert(std::move(labels));
        } else {
            seen_false.insert(std::move(labels));
        }
    }
    for (auto next = active_.begin(); next != active_.end();) {
        auto& [labels, alert] = *next;
        if (seen_true.contains(labels)) {
            ++next;
            continue;
        }
        const bool no_data = !seen_false.contains(labels);
        if (no_data && alert.state == AlertState::firing) {
            ++next;  // held: nothing is known
            continue;
        }
        on_false(alert, at, changes);
        const bool over = !changes.empty() && changes.back().alert.labels == labels &&
                          (changes.back().forgotten || changes.back().alert.state == AlertState::resolved);
        next = over ? active_.erase(next) : std::next(next);
    }
    return changes;
}

Labels AlertRuleState::identity(const Element& element) const {
    auto labels = *element.labels;
    for (const auto& [name, text] : rule_.labels) labels.set(name, text.expand(*element.labels, element.value));
    labels.set("alertname", rule_.name);
    return labels;
}

void AlertRuleState::on_true(const Element& element, const Labels& labels, Instant at,
                             std::vector<AlertChanged>& changes) {
    const auto [place, is_new] = active_.try_emplace(labels);
    auto& alert = place->second;
    if (is_new) {
        alert.labels = labels;
        alert.active_at = at;
    }
    alert.value = element.value;
    const bool was_fading = alert.false_since.has_value();
    alert.false_since.reset();
    if (alert.state == AlertState::pending && at - alert.active_at >= rule_.hold) {
        alert.state = AlertState::firing;
        alert.fired_at = at;
        refresh_annotations(alert, element);
        changes.push_back({.alert = alert});
    } else if (is_new || was_fading) {
        refresh_annotations(alert, element);
        changes.push_back({.alert = alert});
    }
}

void AlertRuleState::on_false(Alert& alert, Instant at, std::vector<AlertChanged>& changes) {
    if (alert.state == AlertState::pending) {
        changes.push_back({.alert = alert, .forgotten = true});
        return;
    }
    const bool just_now = !alert.false_since;
    if (just_now) alert.false_since = at;
    if (at - *alert.false_since >= rule_.keep_firing) {
        alert.state = AlertState::resolved;
        alert.resolved_at = at;
        changes.push_back({.alert = alert});
    } else if (just_now) {
        changes.push_back({.alert = alert});  // so that a restart goes on with the same count
    }
}

void AlertRuleState::refresh_annotations(Alert& alert, const Element& element) const {
    alert.annotations = {};
    for (const auto& [name, text] : rule_.annotations)
        alert.annotations.set(name, text.expand(alert.labels, element.value));
}

}  // namespace outrider::rules
