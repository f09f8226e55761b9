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
    if (on_no_data_ != OnNoData::resolve || resolve_plan_) evidence_.emplace(rule, store, options.promql, recorded);
    if (on_no_data_ == OnNoData::fire) population_plan_.emplace(left_side(*rule.expr.tree), store, options.promql);
}

bool AlertRuleState::restore(const Alert& alert) {
    if (alert.labels.value_of("alertname") != rule_.name || alert.state == AlertState::resolved) return false;
    // Rules may share a name and differ in a label such as severity. One that depends on the element says nothing here.
    const Element as_restored{.labels = alert.labels, .value = alert.value};
    for (const auto& own : rule_.labels) {
        const auto value = expand(own.parsed, as_restored);
        const bool constant = value == expand(own.parsed, {});
        if (own.name != "alertname" && constant && value != alert.labels.value_of(own.name)) return false;
    }
    active_.insert_or_assign(alert.labels, alert);
    restored_ = true;
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
        Element element{.labels = *labels, .value = value};
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
        if (!no_data(labels, at)) return true;
        Element element{.labels = labels, .value = value};
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
        const bool silent = evidence_ && no_data(labels, at);
        if (silent && on_no_data_ == OnNoData::fire) {
            // Restored, and silent since then: nobody knows its element.
            verdict.now_true.emplace(labels, Element{.labels = labels, .value = alert.value});
            continue;
        }
        bool over = !silent;
        if (silent && on_no_data_ == OnNoData::resolve) {
            over = true;
        } else if (resolve_plan_) {
            over = resolvable.contains(without_own(labels));
        }
        if (!over && alert.state == AlertState::firing) verdict.held.insert(labels);
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
    for (auto next = active_.begin(); next != active_.end();) {
        auto& [labels, alert] = *next;
        bool goes_on = true;
        if (verdict.held.contains(labels)) {
            // Not resolvable any more: keep_firing_for will count anew.
            if (resolve_plan_ && std::exchange(alert.false_since, std::nullopt)) changes.push_back({.alert = alert});
        } else if (!verdict.now_true.contains(labels)) {
            goes_on = on_false(alert, at, changes);
        }
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
    if (is_new || !same_bits(alert.value, element.value)) {
        alert.annotations = {};
        for (const auto& own : rule_.annotations) alert.annotations.set(own.name, expand(own.parsed, element));
    }
    alert.value = element.value;
    const bool was_fading = std::exchange(alert.false_since, std::nullopt).has_value();
    if (alert.state == AlertState::pending && at - alert.active_at >= rule_.hold) {
        alert.state = AlertState::firing;
        alert.fired_at = at;
        changes.push_back({.alert = alert});
    } else if (is_new || was_fading) {
        changes.push_back({.alert = alert});
    }
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

bool AlertRuleState::no_data(const Labels& labels, Instant at) {
    return evidence_->no_data(labels, at - offset_, restored_ && at - *first_ < lookback_);
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
