// Rule files: Prometheus's format, from a located tree of settings.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "outrider/settings.h"
#include "outrider/time.h"
#include "rules/promql/comparison_ast.h"
#include "rules/template.h"

namespace outrider::rules {

using Templates = std::vector<std::pair<std::string, Template>>;

struct AlertRule {
    std::string name;  ///< becomes the label alertname
    std::string text;  ///< the expression as written
    comparison::Expr expr;
    Duration hold{};         ///< `for`: how long it must be true before it fires
    Duration keep_firing{};  ///< `keep_firing_for`: how long it must be false before it resolves
    Templates labels;
    Templates annotations;
};

struct RuleGroup {
    std::string name;
    Duration interval{};  ///< > 0
    std::vector<AlertRule> rules;
};

struct RuleFile {
    std::vector<RuleGroup> groups;
};

/// When a group says nothing: the heartbeat of the samples, so that no sample waits for its evaluation.
inline constexpr Duration kDefaultInterval = std::chrono::milliseconds{200};

/// Reads the file's top level; everything wrong is appended to `problems` with its place. With problems, the result is
/// whatever could be read.
[[nodiscard]] RuleFile read_rule_file(const Settings& root, Problems& problems);

}  // namespace outrider::rules
