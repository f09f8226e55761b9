#include "daemon/web/rules_json.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>

#include "outrider/labels.h"
#include "outrider/setting_value.h"
#include "outrider/time_text.h"

namespace outrider::app {
namespace {

using nlohmann::json;
using rules::RuleView;

/// Go's zero time, for what has not happened.
constexpr std::string_view kNever = "0001-01-01T00:00:00Z";

std::string text_of(const json& value) { return value.dump(-1, ' ', false, json::error_handler_t::replace) + "\n"; }

std::string moment(Instant at) { return at == Instant{} ? std::string{kNever} : rfc3339(at); }

/// As Prometheus writes an alert's value: 1e+00, NaN, +Inf.
std::string value_text(double value) {
    if (std::isnan(value)) return "NaN";
    if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
    std::array<char, 32> text{};
    const auto end = std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::scientific).ptr;
    return {text.data(), end};
}

json object(const auto& pairs) {
    json out = json::object();
    for (const auto& [name, value] : pairs) out[name] = value;
    return out;
}

json alert_json(const Alert& alert) {
    json out{{"labels", object(alert.labels)},
             {"annotations", object(alert.annotations)},
             {"state", to_string(alert.state)},
             {"activeAt", moment(alert.active_at)},
             {"value", value_text(alert.value)}};
    if (alert.false_since) out["keepFiringSince"] = moment(*alert.false_since);
    return out;
}

std::string_view state_of(const RuleView& rule) {
    const auto any = [&](AlertState state) {
        return std::ranges::any_of(rule.alerts, [&](const Alert& alert) { return alert.state == state; });
    };
    if (any(AlertState::firing)) return "firing";
    return any(AlertState::pending) ? "pending" : "inactive";
}

json rule_json(const RuleView& rule, bool exclude_alerts) {
    json out{{"name", rule.name},
             {"query", rule.query},
             {"labels", object(rule.labels)},
             {"health", to_string(rule.status.health)},
             {"evaluationTime", 0},
             {"lastEvaluation", moment(rule.status.last_evaluation)}};
    if (!rule.status.last_error.empty()) out["lastError"] = rule.status.last_error;
    if (rule.type == RuleView::Type::recording) {
        out["type"] = "recording";
        return out;
    }
    out["type"] = "alerting";
    out["state"] = state_of(rule);
    out["duration"] = seconds(rule.hold);
    out["keepFiringFor"] = seconds(rule.keep_firing);
    out["annotations"] = object(rule.annotations);
    out["alerts"] = json::array();
    if (!exclude_alerts)
        for (const auto& alert : rule.alerts) out["alerts"].push_back(alert_json(alert));
    return out;
}

/// As Go's strconv.ParseBool; nothing is false.
std::optional<bool> truth(std::string_view text) {
    for (const std::string_view yes : {"1", "t", "T", "true", "TRUE", "True"})
        if (text == yes) return true;
    for (const std::string_view no : {"", "0", "f", "F", "false", "FALSE", "False"})
        if (text == no) return false;
    return std::nullopt;
}

bool lets_through(const std::vector<std::string>& wanted, const std::string& name) {
    return wanted.empty() || std::ranges::find(wanted, name) != wanted.end();
}

bool wants(const RulesQuery& query, const RuleView& rule) {
    const auto type = rule.type == RuleView::Type::alerting ? "alert" : "record";
    return (query.type.empty() || query.type == type) && lets_through(query.rule_names, rule.name);
}

}  // namespace

Result<std::string> rules_json(const RulesSnapshot& snapshot, const RulesQuery& query) {
    if (!query.type.empty() && query.type != "alert" && query.type != "record")
        return Error{"type: want alert or record, got " + as_written(query.type)};
    const auto exclude_alerts = truth(query.exclude_alerts);
    if (!exclude_alerts) return Error{"exclude_alerts: want true or false, got " + as_written(query.exclude_alerts)};
    json groups = json::array();
    for (const auto& group : snapshot.groups) {
        if (!lets_through(query.rule_groups, group.name) || !lets_through(query.files, group.file)) continue;
        json shown = json::array();
        Instant last{};
        for (const auto& rule : group.rules) {
            last = std::max(last, rule.status.last_evaluation);
            if (wants(query, rule)) shown.push_back(rule_json(rule, *exclude_alerts));
        }
        if (shown.empty() && !group.rules.empty()) continue;  // all of its rules were filtered away
        groups.push_back({{"name", group.name},
                          {"file", group.file},
                          {"interval", seconds(group.interval)},
                          {"limit", group.limit},
                          {"rules", std::move(shown)},
                          {"evaluationTime", seconds(snapshot.tick_duration)},
                          {"lastEvaluation", moment(last)}});
    }
    return text_of({{"status", "success"}, {"data", {{"groups", std::move(groups)}}}});
}

std::string alerts_json(const RulesSnapshot& snapshot) {
    json alerts = json::array();
    for (const auto& group : snapshot.groups)
        for (const auto& rule : group.rules)
            for (const auto& alert : rule.alerts) alerts.push_back(alert_json(alert));
    return text_of({{"status", "success"}, {"data", {{"alerts", std::move(alerts)}}}});
}

std::string bad_data_json(const std::string& error) {
    return text_of({{"status", "error"}, {"errorType", "bad_data"}, {"error", error}});
}

}  // namespace outrider::app
