#include "rules/engine.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <numeric>
#include <set>
#include <utility>

namespace outrider::rules {

namespace {

constexpr Duration kShortestTick = std::chrono::milliseconds{50};

Duration lookback_for(const std::vector<RuleFile>& files) {
    auto lookback = Engine::kLookback;
    for (const auto& file : files)
        for (const auto& group : file.groups) lookback = std::max(lookback, 2 * group.interval);
    return lookback;
}

RuleOptions with_lookback(RuleOptions options, Duration lookback) {
    options.promql.lookback = lookback;
    return options;
}

}  // namespace

Engine::Engine(const std::vector<RuleFile>& files, RuleOptions options)
    : store_(std::make_unique<SeriesStore>()),
      intake_(*store_),
      lookback_(lookback_for(files)),
      groups_(make_groups(files, *store_, with_lookback(std::move(options), lookback_))),
      detectors_(std::make_unique<DetectorBank>(detectors_of(files), *store_)),
      next_(groups_.size()) {
    for (const auto& group : groups_) longest_offset_ = std::max(longest_offset_, group.query_offset());
}

void Engine::restore(std::span<const Alert> alerts) {
    for (const auto& alert : alerts) {
        if (alert.state == AlertState::resolved) continue;
        if (alert.state == AlertState::firing) desk_.restore(alert);
        bool taken = false;
        for (auto& group : groups_)
            for (auto& rule : group.rules())
                if (auto* alerting = std::get_if<AlertRuleState>(&rule)) taken = alerting->restore(alert) || taken;
        if (!taken) orphans_.push_back(alert);
    }
}

Effects Engine::handle(const Event& event) {
    if (const auto* sample = std::get_if<Sample>(&event)) {
        ++(intake_.append(*sample) ? counters_.samples : counters_.refused_samples);
        return {};
    }
    if (const auto* changed = std::get_if<TargetsChanged>(&event)) {
        intake_.set_targets(changed->targets);
        places_.clear();
        for (std::size_t i = 0; i < intake_.targets().size(); ++i)
            places_.try_emplace(labels_of(intake_.targets()[i]), i);
        targets_changed_ = true;
        return {};
    }
    return on_tick(std::get<Tick>(event).at);
}

Duration Engine::tick_interval() const noexcept {
    if (groups_.empty()) return kDefaultInterval;
    auto shortest = groups_.front().interval();
    auto common = shortest.count();
    for (const auto& group : groups_) {
        shortest = std::min(shortest, group.interval());
        common = std::gcd(common, group.interval().count());
    }
    const auto needed = Duration{common} < kShortestTick ? shortest : Duration{common};
    return detectors_->empty() ? needed : std::min(needed, kDefaultInterval);
}

std::vector<Alert> Engine::active_alerts() const {
    std::vector<Alert> alerts;
    for (const auto& group : groups_)
        for (const auto& rule : group.rules())
            if (const auto* alerting = std::get_if<AlertRuleState>(&rule))
                for (const auto& [labels, alert] : alerting->active()) alerts.push_back(alert);
    return alerts;
}

std::size_t Engine::alert_count(AlertState state) const {
    std::size_t count = 0;
    for (const auto& group : groups_)
        for (const auto& rule : group.rules())
            if (const auto* alerting = std::get_if<AlertRuleState>(&rule))
                for (const auto& [labels, alert] : alerting->active()) count += alert.state == state ? 1 : 0;
    return count;
}

Effects Engine::on_tick(Instant at) {
    Effects effects;
    const auto due = due_groups(at);
    auto oldest = at;
    for (const auto& [group, moment] : due) oldest = std::min(oldest, moment);
    intake_.mark_silent(at);
    store_->advance(oldest - longest_offset_, lookback_);
    detectors_->run(at);
    resolve_unexplained(at, effects);
    for (const auto& [group, moment] : due) evaluate(*group, moment, effects);
    return effects;
}

/// Evaluations are for multiples of the interval, as in Prometheus, whenever the tick comes: it always comes a little
/// late, and `for` would be measured wrong by that.
std::vector<std::pair<RuleGroupState*, Instant>> Engine::due_groups(Instant at) {
    std::vector<std::pair<RuleGroupState*, Instant>> due;
    for (std::size_t i = 0; i < groups_.size(); ++i) {
        auto& next = next_[i];
        const auto interval = groups_[i].interval();
        const auto moment = at - at.time_since_epoch() % interval;
        if (next == Instant{}) next = moment == at ? at : moment + interval;
        if (at < next) continue;
        counters_.missed += static_cast<std::uint64_t>((moment - next) / interval);
        next = moment + interval;
        due.emplace_back(&groups_[i], moment);
    }
    return due;
}

void Engine::evaluate(RuleGroupState& group, Instant at, Effects& effects) {
    ++counters_.evaluations;
    counters_.rules += group.rules().size();
    const auto changes = group.evaluate(at);
    // Once for all that begin to fire: in an outage that is every target.
    const bool fires = std::ranges::any_of(changes, [at](const auto& change) { return change.alert.fired_at == at; });
    const auto all = fires ? health(at) : std::vector<TargetHealth>{};
    for (const auto& change : changes) apply(change, all, at, effects);
    for (const auto& rule : group.rules())
        if (status_of(rule).health == RuleHealth::err) ++counters_.failures;
}

void Engine::apply(const AlertChanged& change, std::span<const TargetHealth> health, Instant at, Effects& effects) {
    const auto& alert = change.alert;
    if (alert.state == AlertState::firing && !change.forgotten) {
        effects.push_back(change);
        if (alert.fired_at == at) effects.push_back(desk_.fired(alert, investigate(alert, health, at), at));
        return;
    }
    const auto* other = holder(alert.labels);
    if (other != nullptr && other->state == AlertState::firing) {
        // Another rule's, which fires: that is the alert's state, whatever this rule says of it.
        effects.push_back(AlertChanged{.alert = *other});
        return;
    }
    effects.push_back(change);
    const bool resolved = alert.state == AlertState::resolved;
    if (resolved) desk_.resolved(alert, "the condition is no longer true", at, effects);
    if (other != nullptr && (resolved || change.forgotten)) effects.push_back(AlertChanged{.alert = *other});
}

const Alert* Engine::holder(const Labels& labels) const {
    const Alert* found = nullptr;
    for (const auto& group : groups_)
        for (const auto& rule : group.rules())
            if (const auto* alerting = std::get_if<AlertRuleState>(&rule);
                alerting != nullptr && alerting->rule().name == labels.value_of("alertname")) {
                const auto entry = alerting->active().find(labels);
                if (entry == alerting->active().end()) continue;
                if (found == nullptr || entry->second.state == AlertState::firing) found = &entry->second;
            }
    return found;
}

void Engine::resolve_unexplained(Instant at, Effects& effects) {
    const auto end = [&](Alert alert, const std::string& reason) {
        if (alert.state == AlertState::pending) {
            effects.push_back(AlertChanged{.alert = alert, .forgotten = true});
            return;
        }
        alert.state = AlertState::resolved;
        alert.resolved_at = at;
        effects.push_back(AlertChanged{.alert = alert});
        desk_.resolved(alert, reason, at, effects);
    };
    for (const auto& alert : orphans_) end(alert, "its rule was removed or changed");
    orphans_.clear();
    // Restored alerts wait for their series, and are asked about once more.
    const bool again = last_target_check_ && at >= *last_target_check_;
    if (!targets_changed_ && !again) return;
    if (again) last_target_check_.reset();
    if (std::exchange(targets_changed_, false)) last_target_check_ = at + lookback_ + longest_offset_;
    std::vector<Alert> dropped;
    for (auto& group : groups_)
        for (auto& rule : group.rules())
            if (auto* alerting = std::get_if<AlertRuleState>(&rule))
                std::ranges::move(
                    alerting->drop_targetless([&](const Labels& labels) { return has_target(labels); }, at),
                    std::back_inserter(dropped));
    for (const auto& alert : dropped)
        if (holder(alert.labels) == nullptr) end(alert, "its target was removed");
}

/// Labels that name a stream, a POP or a protocol speak of a target; those that name none need none.
bool Engine::has_target(const Labels& labels) const {
    if (places_.contains(incident_key(labels))) return true;
    return std::ranges::any_of(intake_.targets(), [&](const Target& target) {
        const auto own = labels_of(target);
        return std::ranges::all_of(kTargetLabels, [&](std::string_view name) {
            const auto wanted = labels.get(name);
            return !wanted || wanted == own.get(name);
        });
    });
}

std::vector<TargetHealth> Engine::health(Instant at) const {
    std::set<Labels> bad;
    for (const auto& group : groups_)
        for (const auto& rule : group.rules())
            if (const auto* alerting = std::get_if<AlertRuleState>(&rule))
                for (const auto& [labels, alert] : alerting->active())
                    if (alert.state == AlertState::firing) bad.insert(incident_key(labels));
    std::vector<TargetHealth> all;
    for (const auto& target : intake_.targets())
        all.push_back({.stream = target.stream,
                       .pop = target.pop,
                       .bad = bad.contains(incident_key(labels_of(target))),
                       .known = intake_.latest(target.id, Metric::up, at).has_value()});
    return all;
}

Finding Engine::investigate(const Alert& alert, std::span<const TargetHealth> health, Instant at) const {
    Finding finding;
    const Target* subject = nullptr;
    if (const auto place = places_.find(incident_key(alert.labels)); place != places_.end()) {
        subject = &intake_.targets()[place->second];
        finding.fault = localise(health[place->second], health);
    }
    const auto stream = alert.labels.value_of("stream");
    const auto protocol = alert.labels.value_of("protocol");
    const Target* best = nullptr;
    std::optional<double> best_lag;
    for (std::size_t i = 0; i < health.size(); ++i) {
        const auto& target = intake_.targets()[i];
        if (health[i].bad || target.stream != stream || target.protocol != protocol) continue;
        const auto lag = intake_.latest(target.id, Metric::lag_seconds, at);
        const bool up = intake_.latest(target.id, Metric::up, at) == 1.0;
        if (up && lag && (!best_lag || *lag < *best_lag)) {
            best = &target;
            best_lag = lag;
        }
    }
    finding.evidence = fmt::format("{} = {:.3g}", alert.labels.value_of("alertname"), alert.value);
    if (subject != nullptr) {
        if (const auto lag = intake_.latest(subject->id, Metric::lag_seconds, at))
            finding.evidence += fmt::format("; lag {:.2f} s", *lag);
        if (const auto ratio = intake_.latest(subject->id, Metric::delivery_ratio, at))
            finding.evidence += fmt::format("; {:.0f} % of real time delivered over 5 s", *ratio * 100);
        if (intake_.latest(subject->id, Metric::up, at) == 0.0) finding.evidence += "; no media on the connection";
    }
    if (best != nullptr) {
        finding.switch_to = best->pop;
        finding.evidence += fmt::format("; {} delivers the same stream with lag {:.2f} s", best->pop, *best_lag);
    }
    return finding;
}

}  // namespace outrider::rules
