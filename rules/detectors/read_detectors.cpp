#include "rules/detectors/read_detectors.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "outrider/settings_reader.h"
#include "rules/detectors/detector_table.h"
#include "rules/promql/parser.h"

namespace outrider::rules {
namespace {

void read_input(const SettingValue& value, DetectorSpec& spec) {
    const auto text = value.text();
    if (!text) return;
    spec.text = *text;
    auto parsed = promql::parse(*text);
    if (const auto* error = std::get_if<promql::ParseError>(&parsed)) {
        value.report_inside(error->offset, error->message);
        return;
    }
    const auto& expr = *std::get<promql::ExprPtr>(parsed);
    const auto* const selector = std::get_if<promql::VectorSelector>(&expr.node);
    if (selector == nullptr) {
        value.want("a metric with label matchers such as outrider_lag_seconds{protocol=\"hls\"}");
    } else if (selector->offset != Duration{0} || selector->offset_expr || selector->at) {
        value.report("takes neither offset nor @: a detector sees each point when it comes");
    } else if (promql::metric_of(selector->matchers).empty()) {
        value.report("want one metric's name: series of several would be one once the name is dropped");
    } else {
        spec.input = *selector;
    }
}

std::shared_ptr<const Detector> read_kind(SettingsReader& reader, const SettingValue& kind, const SettingValue& item) {
    std::vector<std::pair<std::string_view, const DetectorKind*>> table;
    for (const auto& row : detector_kinds()) table.emplace_back(row.name, &row);
    if (const auto chosen = kind.one_of<const DetectorKind*>(table)) return (*chosen)->make(reader);
    // Whatever else stands there belongs to a kind that is not known.
    if (item.kind() == Settings::Kind::map)
        for (const auto& entry : item.node()->entries) (void)reader.optional(entry.key);
    return nullptr;
}

DetectorSpec read_detector(const SettingValue& item) {
    SettingsReader reader{item, "a detector"};
    DetectorSpec spec;
    const auto name = reader.required("name");
    spec.name = name.text().value_or("");
    spec.name_at = name.at();
    if (!spec.name.empty() && !is_metric_name(spec.name)) name.want("a metric name such as lag_usual");
    const auto input = reader.required("input");
    spec.input_at = input.at();
    read_input(input, spec);
    const auto labels = reader.optional("labels");
    spec.labels = labels.labels();
    if (spec.labels.get(promql::kMetricName)) labels.report("cannot set __name__, which is made from `name`");
    spec.detector = read_kind(reader, reader.required("kind"), item);
    reader.finish();
    return spec;
}

}  // namespace

std::vector<DetectorSpec> read_detectors(const SettingValue& section) {
    std::vector<DetectorSpec> specs;
    for (const auto& item : section.list()) specs.push_back(read_detector(item));
    return specs;
}

void check_detectors(std::span<const DetectorSpec> specs, Problems& problems) {
    std::map<std::string, std::size_t> makers;
    for (std::size_t i = 0; i < specs.size(); ++i) {
        const auto& spec = specs[i];
        if (!spec.detector || spec.name.empty()) continue;
        for (const auto output : spec.detector->outputs())
            if (const auto [at, fresh] = makers.emplace(spec.output_name(output), i); !fresh) {
                problems.push_back({spec.name_at, fmt::format("name: want a name of its own, another detector makes {}",
                                                              as_written(at->first))});
                break;
            }
    }
    for (std::size_t i = 0; i < specs.size(); ++i) {
        const auto made = makers.find(std::string{promql::metric_of(specs[i].input.matchers)});
        if (made == makers.end() || made->second < i) continue;
        const std::string_view message = made->second == i
                                             ? "is made by this detector itself"
                                             : "is made by a detector further down; want it to stand before this one";
        problems.push_back({specs[i].input_at, fmt::format("input: {}", message)});
    }
}

}  // namespace outrider::rules
