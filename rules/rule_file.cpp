#include "rules/rule_file.h"

#include <set>
#include <variant>

#include "outrider/settings_reader.h"
#include "rules/promql/comparison_parser.h"

namespace outrider::rules {
namespace {

using namespace std::chrono_literals;

constexpr Duration kShortestInterval = 100ms;
constexpr Duration kLongestInterval = 1h;

Templates read_templates(const SettingValue& map) {
    Templates templates;
    for (const auto& [name, value] : map.entries()) {
        if (!is_label_name(name)) {
            value.report("want a name of letters, digits and _");
            continue;
        }
        const auto text = value.text(SettingValue::may_be_empty);
        if (!text) continue;
        auto parsed = Template::parse(*text);
        if (parsed) {
            templates.emplace_back(name, std::move(*parsed));
        } else {
            value.report(parsed.error().text);
        }
    }
    return templates;
}

/// Parses the expression; an error is reported at the offending character where the text stands as written.
void read_expr(const SettingValue& value, AlertRule& rule) {
    const auto text = value.text();
    if (!text) return;
    rule.text = *text;
    auto parsed = comparison::parse(*text);
    if (auto* expr = std::get_if<comparison::Expr>(&parsed)) {
        rule.expr = std::move(*expr);
        return;
    }
    const auto& error = std::get<comparison::ParseError>(parsed);
    auto at = value.at();
    // A quoted scalar may hold escapes and a block scalar begins on another line: there the value's own place must do.
    if (!value.node()->quoted && text->find('\n') == std::string::npos) at.column += static_cast<int>(error.offset);
    value.problems().push_back({std::move(at), "expr: " + error.message});
}

AlertRule read_rule(const SettingValue& item) {
    SettingsReader reader{item, "an alerting rule"};
    AlertRule rule;
    if (reader.has("record")) {
        reader.optional("record").report("recording rules are not supported");
        for (const auto* key : {"alert", "expr", "for", "keep_firing_for", "labels", "annotations"})
            (void)reader.optional(key);
        reader.finish();
        return rule;
    }
    rule.name = reader.required("alert").text().value_or("");
    read_expr(reader.required("expr"), rule);
    rule.hold = reader.optional("for").duration().value_or(0s);
    rule.keep_firing = reader.optional("keep_firing_for").duration().value_or(0s);
    const auto labels = reader.optional("labels");
    rule.labels = read_templates(labels);
    for (const auto& [name, value] : labels.entries())
        if (name == "alertname") value.report("is set from the rule's name");
    rule.annotations = read_templates(reader.optional("annotations"));
    reader.finish();
    return rule;
}

}  // namespace

RuleFile read_rule_file(const Settings& root, Problems& problems) {
    RuleFile file;
    SettingsReader reader{root, problems, "a rule file"};
    std::set<std::string> names;
    for (const auto& item : reader.required("groups").list()) {
        SettingsReader group{item, "a rule group"};
        RuleGroup out;
        const auto name = group.required("name");
        out.name = name.text().value_or("");
        if (!out.name.empty() && !names.insert(out.name).second)
            name.report("want a name of its own, another group has " + as_written(out.name));
        out.interval =
            group.optional("interval").duration(kShortestInterval, kLongestInterval).value_or(kDefaultInterval);
        for (const auto& rule : group.required("rules").list()) out.rules.push_back(read_rule(rule));
        group.finish();
        file.groups.push_back(std::move(out));
    }
    reader.finish();
    return file;
}

}  // namespace outrider::rules
