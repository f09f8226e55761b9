#include "rules/alert_rule.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <iterator>
#include <utility>

namespace outrider::rules {
namespace {

/// The part whose elements are there whether the alert fires or not, as far as the expression has one.
const promql::Expr& left_side(const promql::Expr& expr) {
    if (const auto* paren = std::get_if<promql::Paren>(&expr.node)) return left_side(*paren->expr);
    const auto* binary = std::get_if<promql::Binary>(&expr.node);
    if (binary == nullptr || binary->return_bool) return expr;
    using promql::BinaryOp;
    switch (binary->op) {
        case BinaryOp::equal:
        case BinaryOp::not_equal:
        case BinaryOp::greater:
        case BinaryOp::less:
        case BinaryOp::greater_equal:
        case BinaryOp::less_equal:
        case BinaryOp::set_and:
        case BinaryOp::set_unless:
            return left_side(binary->left->type == promql::ValueType::scalar ? *binary->right : *binary->left);
        case BinaryOp::add:
        case BinaryOp::sub:
        case BinaryOp::mul:
        case BinaryOp::div:
        case BinaryOp::mod:
        case BinaryOp::pow:
        case BinaryOp::atan2:
        case BinaryOp::set_or: break;
    }
    return expr;
}

bool same_bits(double a, double b) { return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b); }

}  // namespace

AlertRuleState::AlertRuleState(const AlertRule& rule, SeriesStore& store, const RuleOptions& options,
                               const RecordedBy& recorded, Duration offset, std::size_t limit)
    : rule_(rule),
      external_labels_(options.external_labels),
      external_url_(options.external_url),
      on_no_data_(options.silence == Silence::is_false && !rule.on_no_data_given ? OnNoData::resolve : rule.on_no_data),
      lookback_(options.promql.lookback),
      offset_(offset),
      limit_(limit),
      plan_(*rule.expr.tree, store, options.promql),
      series_(store) {
    if (rule.resolve_expr.tree) resolve_plan_.emplace(*rule.resolve_expr.tree, store, options.promql);
    // Where silence ends an alert as in Prometheus, a restart still does not.
    if (options.silence != Silence::is_false || on_no_data_ != OnNoData::resolve || resolve_plan_)
        evidence_.emplace(rule, store, options.promql, recorded);
    if (on_no_data_ == OnNoData::fire) population_plan_.emplace(left_side(*rule.expr.tree), store, options.promql);
}

bool AlertRuleState::restore(const Alert& alert) {
    if (alert.labels.value_of("alertname") != rule_.name || alert.state == AlertState::resolved) return false;
    // Rules may share a name and differ in a label such as severity, or in what they select. A label that depends on
    // the element says nothing here.
    for (const auto& own : rule_.labels)
        if (own.name != "alertname" && own.parsed.is_plain() && own.text != alert.labels.value_of(own.name))
            return false;
    if (evidence_ && !evidence_->possible(alert.labels)) return false;
    active_.insert_or_assign(alert.labels, alert);
    backgrounds_[alert.labels] = {.element = std::nullopt, .restored = true, .interrupted = true};
    return true;
}

std::vector<AlertChanged> AlertRuleState::evaluate(Instant at) {
    if (!first_) first_ = at;
    const auto verdict = judge(at);
    status_ = {.health = verdict ? RuleHealth::ok : RuleHealth::err,
               .last_error = verdict ? "" : verdict.error().text,
               .last_evaluation = at};
    if (!verdict) return {};
    auto changes = apply(*verdict, at);
    series_.write(active_, at - offset_);
    return changes;
}

Result<AlertRuleState::Verdict> AlertRuleState::judge(Instant at) {
    Verdict verdict;
    if (auto error = find_true(at, verdict)) return *error;
    if (population_plan_)
        if (auto error = find_silent(at, verdict)) return *error;
    if (auto error = find_held(at, verdict)) return *error;
    const auto count = limit_ > 0 ? count_after(verdict, at) : 0;
    if (count > limit_) return Error{fmt::format("exceeded limit of {} with {} alerts", limit_, count)};
    return verdict;
}

std::optional<Error> AlertRuleState::find_true(Instant at, Verdict& verdict) {
    const auto elements = plan_.elements(at - offset_);
    if (!elements) return elements.error();
    for (const auto& [labels, value, nameless] : *elements) {
        Element element{.labels = *labels, .value = value, .assumed = false};
        auto identity_labels = identity(element);
        if (!verdict.now_true.emplace(std::move(identity_labels), std::move(element)).second)
            return Error{"vector contains metrics with the same labelset after applying alert labels"};
    }
    return std::nullopt;
}

/// The known elements whose series have stopped reporting count as true.
std::optional<Error> AlertRuleState::find_silent(Instant at, Verdict& verdict) {
    const auto elements = population_plan_->elements(at - offset_);
    if (!elements) return elements.error();
    std::set<Labels> present;
    for (const auto& [labels, value, nameless] : *elements) {
        population_.insert_or_assign(*labels, value);
        present.insert(*labels);
    }
    std::erase_if(population_, [&](const auto& item) {
        const auto& [labels, value] = item;
        if (present.contains(labels)) return false;
        if (ask(labels, at) == Evidence::Answer::reports) return true;
        Element element{.labels = labels, .value = value, .assumed = true};
        auto identity_labels = identity(element);
        verdict.now_true.emplace(std::move(identity_labels), std::move(element));
        return false;
    });
    return std::nullopt;
}

std::optional<Error> AlertRuleState::find_held(Instant at, Verdict& verdict) {
    std::set<Labels> resolvable;
    if (resolve_plan_ && !active_.empty()) {
        const auto elements = resolve_plan_->elements(at - offset_);
        if (!elements) return Error{"resolve_expr: " + elements.error().text};
        for (const auto& element : *elements) resolvable.insert(without_own(*element.labels));
    }
    for (const auto& [labels, alert] : active_) {
        if (verdict.now_true.contains(labels)) continue;
        const auto answer = ask(labels, at);
        const bool certain = answer == Evidence::Answer::reports;
        const bool silent = answer == Evidence::Answer::no_data;
        const auto& background = backgrounds_.at(labels);
        // After a restart everybody is silent at first, and ranges are short: that means nothing.
        const bool waits = !certain && (is_early(background, at) || (background.restored && !silent));
        if (silent && !waits && on_no_data_ == OnNoData::fire) {
            // Restored, and silent since then: nobody knows its element.
            verdict.now_true.emplace(labels, Element{.labels = labels, .value = alert.value, .assumed = true});
            continue;
        }
        if (!certain) verdict.uncertain.insert(labels);
        if (waits) verdict.waiting.insert(labels);
        const bool ended_by_silence = silent && on_no_data_ == OnNoData::resolve;
        const bool over = resolve_plan_ ? resolvable.contains(without_own(labels)) : certain;
        if (waits || (alert.state == AlertState::firing && !over && !ended_by_silence)) verdict.held.insert(labels);
    }
    return std::nullopt;
}

std::size_t AlertRuleState::count_after(const Verdict& verdict, Instant at) const {
    auto count = verdict.now_true.size() + verdict.held.size();
    for (const auto& [labels, alert] : active_)
        if (!verdict.now_true.contains(labels) && !verdict.held.contains(labels) && keeps_firing(alert, at)) ++count;
    return count;
}

std::vector<AlertChanged> AlertRuleState::apply(const Verdict& verdict, Instant at) {
    std::vector<AlertChanged> changes;
    for (const auto& [labels, element] : verdict.now_true) on_true(element, labels, at, changes);
    for (const auto& labels : verdict.uncertain) backgrounds_.at(labels).interrupted = true;
    for (auto next = active_.begin(); next != active_.end();) {
        auto& [labels, alert] = *next;
        bool goes_on = true;
        if (verdict.held.contains(labels)) {
            // Not resolvable any more: keep_firing_for will count anew.
            if (resolve_plan_ && !verdict.waiting.contains(labels) && std::exchange(alert.false_since, std::nullopt))
                changes.push_back({.alert = alert});
        } else if (!verdict.now_true.contains(labels)) {
            goes_on = on_false(alert, at, changes);
        }
        if (!goes_on) backgrounds_.erase(labels);
        next = goes_on ? std::next(next) : active_.erase(next);
    }
    std::ranges::stable_sort(changes, {},
                             [](const AlertChanged& change) -> const Labels& { return change.alert.labels; });
    return changes;
}

void AlertRuleState::on_true(const Element& element, const Labels& labels, Instant at,
                             std::vector<AlertChanged>& changes) {
    const auto [place, is_new] = active_.try_emplace(labels);
    auto& alert = place->second;
    if (is_new) {
        alert.labels = labels;
        alert.active_at = at;
    }
    auto& background = backgrounds_[labels];
    const bool reworded = annotate(alert, element, background);
    alert.value = element.value;
    background.restored = background.restored && element.assumed;
    background.interrupted = element.assumed;
    const bool was_fading = std::exchange(alert.false_since, std::nullopt).has_value();
    if (alert.state == AlertState::pending && at - alert.active_at >= rule_.hold) {
        alert.state = AlertState::firing;
        alert.fired_at = at;
        changes.push_back({.alert = alert});
    } else if (is_new || was_fading || reworded) {
        changes.push_back({.alert = alert});
    }
}

bool AlertRuleState::annotate(Alert& alert, const Element& element, Background& background) const {
    if (element.assumed && !alert.annotations.empty()) return false;  // it says what was last known
    const bool same_element = background.element == element.labels;
    if (same_element && same_bits(alert.value, element.value)) return false;
    Labels annotations;
    for (const auto& own : rule_.annotations) annotations.set(own.name, expand(own.parsed, element));
    const bool reworded = !same_element && annotations != alert.annotations;  // a value that only moves is no news
    background.element = element.labels;
    alert.annotations = std::move(annotations);
    return reworded;
}

bool AlertRuleState::on_false(Alert& alert, Instant at, std::vector<AlertChanged>& changes) const {
    if (alert.state == AlertState::pending) {
        changes.push_back({.alert = alert, .forgotten = true});
        return false;
    }
    const bool goes_on = keeps_firing(alert, at);
    const bool just_now = !alert.false_since;
    if (just_now) alert.false_since = at;
    if (!goes_on) {
        alert.state = AlertState::resolved;
        alert.resolved_at = at;
        changes.push_back({.alert = alert});
    } else if (just_now) {
        changes.push_back({.alert = alert});  // so that a restart goes on with the same count
    }
    return goes_on;
}

bool AlertRuleState::keeps_firing(const Alert& alert, Instant at) const {
    return alert.state == AlertState::firing && at - alert.false_since.value_or(at) < rule_.keep_firing;
}

bool AlertRuleState::is_early(const Background& background, Instant at) const {
    // What has been measured since the start is seen only after the offsets.
    const auto offset = offset_ + (evidence_ ? evidence_->longest_offset() : Duration{0});
    return background.restored && at - first_.value_or(at) < lookback_ + offset;
}

Evidence::Answer AlertRuleState::ask(const Labels& labels, Instant at) {
    if (!evidence_) return Evidence::Answer::reports;
    const auto known = backgrounds_.find(labels);
    if (known == backgrounds_.end()) return evidence_->ask(labels, at - offset_, {});
    const auto& background = known->second;
    return evidence_->ask(labels, at - offset_, {.holes = background.interrupted, .early = is_early(background, at)});
}

std::string AlertRuleState::expand(const Template& text, const Element& element) const {
    return text.expand({.labels = element.labels,
                        .external_labels = external_labels_,
                        .external_url = external_url_,
                        .value = element.value});
}

Labels AlertRuleState::identity(const Element& element) const {
    auto labels = element.labels;
    labels.set(promql::kMetricName, "");
    for (const auto& own : rule_.labels) labels.set(own.name, expand(own.parsed, element));
    labels.set("alertname", rule_.name);
    return labels;
}

Labels AlertRuleState::without_own(Labels labels) const {
    labels.set(promql::kMetricName, "");
    labels.set("alertname", "");
    for (const auto& own : rule_.labels) labels.set(own.name, "");
    return labels;
}

}  // namespace outrider::rules
