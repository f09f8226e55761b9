#include "rules/detectors/read_detectors.h"

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

bool is_metric_name(std::string_view name) {
    std::string plain{name};
    std::ranges::replace(plain, ':', '_');
    return is_label_name(plain);
}

/// The one metric that the selector asks for; empty when it may be any.
std::string_view metric_of(const promql::VectorSelector& selector) {
    for (const auto& matcher : selector.matchers)
        if (matcher.label() == promql::kMetricName && matcher.op() == promql::MatchOp::equal) return matcher.value();
    return {};
}

/// A detector as it was written, with the places that are asked about again when all are known.
struct Written {
    DetectorSpec spec;
    SettingValue name;
    SettingValue input;
};

void read_input(const SettingValue& value, DetectorSpec& spec) {
    const auto text = value.text();
    if (!text) return;
    spec.text = *text;
    auto parsed = promql::parse(*text);
    if (const auto* error = std::get_if<promql::ParseError>(&parsed)) {
        auto at = value.at();
        // A quoted scalar may hold escapes and a block scalar begins on another line: the value's own place must do.
        if (!value.node()->quoted && text->find('\n') == std::string::npos)
            at.column += static_cast<int>(error->offset);
        value.problems().push_back({std::move(at), value.name() + ": " + error->message});
        return;
    }
    const auto& expr = *std::get<promql::ExprPtr>(parsed);
    const auto* const selector = std::get_if<promql::VectorSelector>(&expr.node);
    if (selector == nullptr) {
        value.want("a metric with label matchers such as outrider_lag_seconds{protocol=\"hls\"}");
    } else if (selector->offset != Duration{0} || selector->offset_expr || selector->at) {
        value.report("takes neither offset nor @: a detector sees each point when it comes");
    } else if (metric_of(*selector).empty()) {
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

Written read_detector(const SettingValue& item) {
    SettingsReader reader{item, "a detector"};
    Written out{.spec = {}, .name = reader.required("name"), .input = reader.required("input")};
    out.spec.name = out.name.text().value_or("");
    if (!out.spec.name.empty() && !is_metric_name(out.spec.name)) out.name.want("a metric name such as lag_usual");
    read_input(out.input, out.spec);
    const auto labels = reader.optional("labels");
    out.spec.labels = labels.labels();
    if (out.spec.labels.get(promql::kMetricName)) labels.report("cannot set __name__, which is made from `name`");
    out.spec.detector = read_kind(reader, reader.required("kind"), item);
    reader.finish();
    return out;
}

/// Each output has one maker, and an input is made further up, where it is made by a detector at all.
void check_order(const std::vector<Written>& all) {
    std::map<std::string, std::size_t> makers;
    for (std::size_t i = 0; i < all.size(); ++i) {
        const auto& spec = all[i].spec;
        if (!spec.detector || spec.name.empty()) continue;
        for (const auto output : spec.detector->outputs())
            if (const auto [at, fresh] = makers.emplace(spec.output_name(output), i); !fresh) {
                all[i].name.report("want a name of its own, another detector makes " + as_written(at->first));
                break;
            }
    }
    for (std::size_t i = 0; i < all.size(); ++i) {
        const auto made = makers.find(std::string{metric_of(all[i].spec.input)});
        if (made == makers.end() || made->second < i) continue;
        all[i].input.report(made->second == i ? "is made by this detector itself"
                                              : "is made by a detector further down; want it to stand before this one");
    }
}

}  // namespace

std::vector<DetectorSpec> read_detectors(const SettingValue& section) {
    std::vector<Written> all;
    for (const auto& item : section.list()) all.push_back(read_detector(item));
    check_order(all);
    std::vector<DetectorSpec> specs;
    for (auto& written : all) specs.push_back(std::move(written.spec));
    return specs;
}

}  // namespace outrider::rules
