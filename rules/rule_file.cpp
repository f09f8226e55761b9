#include "rules/rule_file.h"

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

/// Names and texts of a map of labels or annotations; wrong names are reported.
std::vector<std::pair<std::string, SettingValue>> named_texts(const SettingValue& map) {
    std::vector<std::pair<std::string, SettingValue>> good;
    for (auto& [name, value] : map.entries()) {
        if (name == promql::kMetricName) {
            value.report("is the metric's name, and not to be set");
        } else if (!is_label_name(name)) {
            value.report("want a name of letters, digits and _");
        } else if (value.text(SettingValue::may_be_empty)) {
            good.emplace_back(name, value);
        }
    }
    return good;
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

/// As in Prometheus a key without a value is as good as none.
SettingValue given(SettingsReader& reader, std::string_view key) {
    auto value = reader.optional(key);
    return value.kind() == Settings::Kind::null ? SettingValue{nullptr, value.problems(), value.name()} : value;
}

RuleExpr read_expr(const SettingValue& value) {
    const auto text = value.text();
    if (!text) return {};
    auto parsed = promql::parse(*text);
    if (const auto* error = std::get_if<promql::ParseError>(&parsed)) {
        value.report_inside(error->offset, error->message);
        return {};
    }
    auto& tree = std::get<promql::ExprPtr>(parsed);
    if (tree->type != promql::ValueType::scalar && tree->type != promql::ValueType::instant_vector) {
        value.report("want an instant vector or a scalar, got a " + std::string{to_string(tree->type)});
        return {};
    }
    if (const auto error = promql::duration_error(*tree, {})) {
        const auto* why = error->of_query ? " (step() and range() are 0 in a rule)" : "";
        value.report_inside(error->begin, error->message + why);
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
    rule.hold = given(reader, "for").duration().value_or(0s);
    rule.keep_firing = given(reader, "keep_firing_for").duration().value_or(0s);
    rule.on_no_data_given = reader.has("on_no_data");
    rule.on_no_data = reader.optional("on_no_data").one_of(kOnNoData).value_or(OnNoData::hold);
    rule.labels = read_templates(reader.optional("labels"));
    for (const auto& label : group_labels)
        if (std::ranges::find(rule.labels, label.name, &NamedTemplate::name) == rule.labels.end())
            rule.labels.push_back(label);
    rule.annotations = read_templates(reader.optional("annotations"));
    return rule;
}

RecordingRule read_recording(SettingsReader& reader, const Templates& group_labels) {
    RecordingRule rule;
    const auto name = reader.required("record");
    rule.name = name.text().value_or("");
    if (!rule.name.empty() && !is_metric_name(rule.name)) name.want("a metric's name such as pop:lag:max");
    rule.expr = read_expr(reader.required("expr"));
    for (const auto& [label, value] : named_texts(reader.optional("labels")))
        rule.labels.emplace_back(label, *value.text(SettingValue::may_be_empty));
    for (const auto& label : group_labels)
        if (std::ranges::find(rule.labels, label.name, &LabelText::first) == rule.labels.end())
            rule.labels.emplace_back(label.name, label.text);
    return rule;
}

std::optional<Rule> read_rule(const SettingValue& item, const Templates& group_labels) {
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
        rule = read_recording(reader, group_labels);
    } else {
        rule = read_alert(reader, group_labels);
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

void check_together(std::span<const RuleFile> files, Problems& problems) {
    check_detectors(detectors_of(files), problems);
}

RuleFile read_rule_file(const Settings& root, Problems& problems) {
    RuleFile file;
    if (root.kind == Settings::Kind::null) return file;
    SettingsReader reader{root, problems, "a rule file"};
    file.detectors = read_detectors(reader.optional("detectors"));
    std::set<std::string> names;
    for (const auto& item : reader.optional("groups").list()) {
        SettingsReader group{item, "a rule group"};
        RuleGroup out;
        if (root.at.file) out.file = *root.at.file;
        const auto name = group.required("name");
        out.name = name.text().value_or("");
        if (!out.name.empty() && !names.insert(out.name).second)
            name.report("want a name of its own, another group has " + as_written(out.name));
        read_interval(given(group, "interval"), out);
        out.query_offset = given(group, "query_offset").duration().value_or(0s);
        out.limit = static_cast<std::size_t>(given(group, "limit").integer(0).value_or(0));
        const auto labels = read_templates(group.optional("labels"));
        for (const auto& rule : group.optional("rules").list())
            if (auto read = read_rule(rule, labels)) out.rules.push_back(std::move(*read));
        group.finish();
        file.groups.push_back(std::move(out));
    }
    reader.finish();
    return file;
}

}  // namespace outrider::rules
