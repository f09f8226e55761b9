// All rules as they stand at one moment, as values: what the API shows while the engine goes on.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "outrider/alert.h"
#include "outrider/time.h"
#include "rules/rule_options.h"

namespace outrider::rules {

class RuleGroupState;

struct RuleView {
    enum class Type : std::uint8_t { alerting, recording };
    Type type = Type::alerting;
    std::string name;
    std::string query;  ///< canonical
    Duration hold{};
    Duration keep_firing{};
    std::vector<std::pair<std::string, std::string>> labels;       ///< as written
    std::vector<std::pair<std::string, std::string>> annotations;  ///< as written
    RuleStatus status;
    std::vector<Alert> alerts;  ///< pending and firing
};

struct RuleGroupView {
    std::string name;
    std::string file;
    Duration interval{};
    std::size_t limit = 0;
    std::vector<RuleView> rules;
};

using RulesView = std::vector<RuleGroupView>;

[[nodiscard]] RulesView view_of(std::span<const RuleGroupState> groups);

}  // namespace outrider::rules
