// Rule files: Prometheus's format, from a located tree of settings.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "outrider/labels.h"
#include "outrider/settings.h"
#include "outrider/time.h"
#include "rules/detectors/detector.h"
#include "rules/promql/expr.h"
#include "rules/template.h"

namespace outrider::rules {

/// A label or an annotation.
struct NamedTemplate {
    std::string name;
    std::string text;  ///< as written
    Template parsed;
};
using Templates = std::vector<NamedTemplate>;

/// A checked expression, of type scalar or instant vector. Copies of a rule share the tree.
struct RuleExpr {
    std::string text;  ///< canonical: promql::to_text
    std::shared_ptr<const promql::Expr> tree;
};

/// What becomes of an alert whose series have stopped reporting (evidence.h says when that is).
enum class OnNoData : std::uint8_t {
    hold,     ///< a firing alert goes on; a pending one is forgotten
    resolve,  ///< as if the expression were false: Prometheus's way
    fire,     ///< as if the expression were true, also for an element that was not alerting
};

struct AlertRule {
    std::string name;  ///< becomes the label alertname
    RuleExpr expr;
    RuleExpr resolve_expr{};               ///< no tree: when the expression is false, the alert is over
    Duration hold{};                       ///< `for`: how long it must be true before it fires
    Duration keep_firing{};                ///< `keep_firing_for`: how long it must be false before it resolves
    OnNoData on_no_data = OnNoData::hold;  ///< not in Prometheus
    bool on_no_data_given = false;         ///< the file says so itself
    Templates labels{};                    ///< the group's among them
    Templates annotations{};
};

using LabelText = std::pair<std::string, std::string>;  ///< name and value

struct RecordingRule {
    std::string name;  ///< of the metric that is made
    RuleExpr expr;
    /// The group's among them; literally, as in Prometheus. An empty value takes the label away.
    std::vector<LabelText> labels;
};

using Rule = std::variant<AlertRule, RecordingRule>;

struct RuleGroup {
    std::string name;
    std::string file{};           ///< as named on reading
    Duration interval{};          ///< > 0
    bool interval_given = false;  ///< else it is kDefaultInterval
    Duration query_offset{};      ///< rules look at the moment that long before the evaluation
    std::size_t limit = 0;        ///< alerts of an alerting rule, series of a recording rule; 0: any number
    std::vector<Rule> rules;
};

struct RuleFile {
    std::vector<DetectorSpec> detectors{};  ///< not in Prometheus
    std::vector<RuleGroup> groups;
};

/// Those of all files, in their order.
[[nodiscard]] std::vector<DetectorSpec> detectors_of(std::span<const RuleFile> files);

/// What is wrong with files that are right each by itself: of the detectors, see check_detectors().
void check_together(std::span<const RuleFile> files, Problems& problems);

/// When a group says nothing: the heartbeat of the samples, so that no sample waits for its evaluation.
inline constexpr Duration kDefaultInterval = std::chrono::milliseconds{200};

/// Reads the file's top level, where an empty file is one without rules; everything wrong is appended to `problems`
/// with its place. With problems, the result is whatever could be read. Files that are used together want
/// check_together().
[[nodiscard]] RuleFile read_rule_file(const Settings& root, Problems& problems);

}  // namespace outrider::rules
