#include "rules/rule_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <string_view>

#include "outrider/settings_reader.h"
#include "rules/detectors/read_detectors.h"
#include "rules/promql/durations.h"
#include "rules/promql/parser.h"

namespace outrider::rules {
namespace {

using namespace std::chrono_literals;

constexpr Duration kShortestInterval = 100ms;

constexpr std::array<std::pair<std::string_view, OnNoData>, 3> kOnNoData{
    {{"hold", OnNoData::hold}, {"resolve", OnNoData::resolve}, {"fire", OnNoData::fire}}};

bool is_metric_name(std::string_view name) {
    std::string plain{name};
    std::ranges::replace(plain, ':', '_');  // what a metric's name may have beyond a label's
    return is_label_name(plain);
}

/// Names and texts of a map of labels or annotations; wrong names are reported. Of labels, __name__ is one.
std::vector<std::pair<std::string, SettingValue>> named_texts(const SettingValue& map) {
    std::vector<std::pair<std::string, SettingValue>> good;
    for (auto& [name, value] : map.entries()) {
        if (!is_label_name(name) || name == promql::kMetricName) {
            value.report("want a name of letters, digits and _");
        } else if (value.text(SettingValue::may_be_empty)) {
            good.emplace_back(name, value);
        }
    }
    return good;
}

Labels read_labels(const SettingValue& map) {
    Labels labels;
    for (const auto& [name, value] : named_texts(map)) labels.set(name, *value.text(SettingValue::may_be_empty));
    return labels;
}

Templates read_templates(const SettingValue& map) {
    Templates templates;
    for (const auto& [name, value] : named_texts(map)) {
        auto text = *value.text(SettingValue::may_be_empty);
        auto parsed = Template::parse(text);
        if (parsed) {
            templates.push_back({name, std::move(text), std::move(*parsed)});
        } else {
            value.report(parsed.error().text);
        }
    }
    return templates;
}

/// Reports at the offending character where the text stands in the file as it was read. A quoted scalar may hold
/// escapes and a block scalar begins on another line: there the value's own place must do, with the place in the text.
void report_in_expr(const SettingValue& value, std::string_view text, std::size_t offset, std::string_view message) {
    auto at = value.at();
    std::string where;
    if (text.find('\n') != std::string_view::npos) {
        const auto before = text.substr(0, offset);
        const auto line_begin = before.rfind('\n') + 1;  // npos + 1 is 0
        where = fmt::format("line {}, column {} of the expression: ", 1 + std::ranges::count(before, '\n'),
                            1 + before.size() - line_begin);
    } else if (!value.node()->quoted) {
        at.column += static_cast<int>(offset);
    }
    value.problems().push_back({std::move(at), fmt::format("{}: {}{}", value.name(), where, message)});
}

RuleExpr read_expr(const SettingValue& value) {
    const auto text = value.text();
    if (!text) return {};
    auto parsed = promql::parse(*text);
    if (const auto* error = std::get_if<promql::ParseError>(&parsed)) {
        report_in_expr(value, *text, error->offset, error->message);
        return {};
    }
    auto& tree = std::get<promql::ExprPtr>(parsed);
    if (tree->type != promql::ValueType::scalar && tree->type != promql::ValueType::instant_vector) {
        value.report(fmt::format("want an instant vector or a scalar, got a {}", to_string(tree->type)));
        return {};
    }
    if (const auto error = promql::duration_error(*tree, {})) {
        const auto* why = error->of_query ? " (step() and range() are 0 in a rule)" : "";
        report_in_expr(value, *text, error->begin, error->message + why);
        return {};
    }
    auto canonical = promql::to_text(*tree);
    return {.text = std::move(canonical), .tree = std::move(tree)};
}

AlertRule read_alert(SettingsReader& reader, const Templates& group_labels) {
    AlertRule rule;
    rule.name = reader.required("alert").text().value_or("");
    rule.expr = read_expr(reader.required("expr"));
    rule.resolve_expr = read_expr(reader.optional("resolve_expr"));
    rule.hold = reader.optional("for").duration().value_or(0s);
    rule.keep_firing = reader.optional("keep_firing_for").duration().value_or(0s);
    rule.on_no_data_given = reader.has("on_no_data");
    rule.on_no_data = reader.optional("on_no_data").one_of(kOnNoData).value_or(OnNoData::hold);
    rule.labels = read_templates(reader.optional("labels"));
    for (const auto& label : group_labels)
        if (std::ranges::find(rule.labels, label.name, &NamedTemplate::name) == rule.labels.end())
            rule.labels.push_back(label);
    rule.annotations = read_templates(reader.optional("annotations"));
    return rule;
}

RecordingRule read_recording(SettingsReader& reader, const Labels& group_labels) {
    RecordingRule rule;
    const auto name = reader.required("record");
    rule.name = name.text().value_or("");
    if (!rule.name.empty() && !is_metric_name(rule.name)) name.want("a metric's name such as pop:lag:max");
    rule.expr = read_expr(reader.required("expr"));
    rule.labels = group_labels;
    for (const auto& [label, value] : read_labels(reader.optional("labels"))) rule.labels.set(label, value);
    return rule;
}

std::optional<Rule> read_rule(const SettingValue& item, const Templates& templates, const Labels& labels) {
    const auto has = [&](std::string_view key) {
        const auto* node = item.node();
        return node != nullptr && std::ranges::find(node->entries, key, &SettingsEntry::key) != node->entries.end();
    };
    const bool records = has("record");
    SettingsReader reader{item, records ? "a recording rule" : "an alerting rule"};
    std::optional<Rule> rule;
    if (records && has("alert")) {
        reader.report("want either alert or record, got both");
        for (const auto* key : {"alert", "record", "expr", "resolve_expr", "for", "keep_firing_for", "on_no_data",
                                "labels", "annotations"})
            (void)reader.optional(key);
    } else if (records) {
        rule = read_recording(reader, labels);
    } else {
        rule = read_alert(reader, templates);
    }
    reader.finish();
    return rule;
}

/// Absent and 0 are the default, as in Prometheus.
void read_interval(const SettingValue& value, RuleGroup& group) {
    group.interval = kDefaultInterval;
    const auto text = value.text();
    if (!text) return;
    const auto interval = parse_duration(*text);
    if (!interval || (*interval > 0s && *interval < kShortestInterval)) {
        value.want("a duration of at least 100ms");
    } else if (*interval > 0s) {
        group.interval = *interval;
        group.interval_given = true;
    }
}

}  // namespace

std::vector<DetectorSpec> detectors_of(std::span<const RuleFile> files) {
    std::vector<DetectorSpec> all;
    for (const auto& file : files) all.insert(all.end(), file.detectors.begin(), file.detectors.end());
    return all;
}

RuleFile read_rule_file(const Settings& root, Problems& problems) {
    RuleFile file;
    SettingsReader reader{root, problems, "a rule file"};
    file.detectors = read_detectors(reader.optional("detectors"));
    std::set<std::string> names;
    for (const auto& item : reader.required("groups").list()) {
        SettingsReader group{item, "a rule group"};
        RuleGroup out;
        if (root.at.file) out.file = *root.at.file;
        const auto name = group.required("name");
        out.name = name.text().value_or("");
        if (!out.name.empty() && !names.insert(out.name).second)
            name.report("want a name of its own, another group has " + as_written(out.name));
        read_interval(group.optional("interval"), out);
        out.query_offset = group.optional("query_offset").duration().value_or(0s);
        out.limit = static_cast<std::size_t>(group.optional("limit").integer(0).value_or(0));
        const auto labels = group.optional("labels");
        const auto templates = read_templates(labels);
        const auto literal = read_labels(labels);
        for (const auto& rule : group.optional("rules").list())
            if (auto read = read_rule(rule, templates, literal)) out.rules.push_back(std::move(*read));
        group.finish();
        file.groups.push_back(std::move(out));
    }
    reader.finish();
    return file;
}

}  // namespace outrider::rules
