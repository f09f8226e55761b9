// Rules and alerts as Prometheus's HTTP API shows them: `/api/v1/rules` and `/api/v1/alerts`. Pure.
#pragma once

#include <string>
#include <vector>

#include "outrider/result.h"
#include "outrider/time.h"
#include "rules/rules_view.h"

namespace outrider::app {

/// Filters of `/api/v1/rules`; an empty one lets everything through.
struct RulesQuery {
    std::string type{};                      ///< `alert` or `record`
    std::vector<std::string> rule_names{};   ///< `rule_name[]`
    std::vector<std::string> rule_groups{};  ///< `rule_group[]`
    std::vector<std::string> files{};        ///< `file[]`
    std::string exclude_alerts{};            ///< a truth value as Go reads it: `true`, `1`, `f`, …
};

/// What the engine last showed, and how long its last tick took: all groups that were due, together.
struct RulesSnapshot {
    rules::RulesView groups;
    Duration tick_duration{};
};

/// `{"status": "success", "data": {"groups": […]}}`. A group's evaluationTime is that of the last tick; a rule's own is
/// not measured, and 0. Error: a type or a truth value that is none.
[[nodiscard]] Result<std::string> rules_json(const RulesSnapshot& snapshot, const RulesQuery& query);

/// `{"status": "success", "data": {"alerts": […]}}`: all that are pending or firing.
[[nodiscard]] std::string alerts_json(const RulesSnapshot& snapshot);

/// `{"status": "error", "errorType": "bad_data", "error": …}`.
[[nodiscard]] std::string bad_data_json(const std::string& error);

}  // namespace outrider::app
