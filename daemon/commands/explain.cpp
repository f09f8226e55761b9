#include "daemon/commands/explain.h"

#include <fmt/format.h>

#include <ostream>

#include "daemon/commands/probe/json.h"
#include "outrider/metric.h"
#include "outrider/outcome.h"
#include "probes/protocols.h"
#include "rules/detectors/detector_table.h"

namespace outrider::app {
namespace {

constexpr int kUsage = 64;

std::string_view type_name(MetricType type) { return type == MetricType::counter ? "counter" : "gauge"; }

std::string page(const MetricInfo& metric) {
    const auto labels = metric.extra_label.empty() ? std::string{} : fmt::format(", {}", metric.extra_label);
    return fmt::format("{}\n\n{}\n\ntype    {}\nunit    {}\nrange   {}\nlabels  stream, pop, protocol{}\nfrom    {}\n",
                       metric.name, metric.help, type_name(metric.type), metric.unit, metric.range, labels,
                       metric.source);
}

std::string page(const probes::ProtocolInfo& protocol) {
    return fmt::format("{}\n\nProtocol; chosen by default for {}\n", protocol.name, protocol.chosen_for);
}

std::string page(const OutcomeInfo& outcome) {
    return fmt::format("{}\n\nHow a session stands, or why its connection ended: {}.\n", outcome.name, outcome.meaning);
}

std::string page(const rules::DetectorKind& detector) {
    return fmt::format("{}\n\nDetector: {}\nIts settings are in docs/guide.md, \"Detectors\".\n", detector.name,
                       detector.help);
}

std::string page_of(const std::string& name) {
    if (name == "probe.schema.json") return json_schema();
    for (const auto& metric : kMetrics)
        if (metric.name == name || metric.name == "outrider_" + name) return page(metric);
    for (const auto& protocol : probes::protocols())
        if (protocol.name == name) return page(protocol);
    for (const auto& outcome : kOutcomes)
        if (outcome.name == name) return page(outcome);
    for (const auto& detector : rules::detector_kinds())
        if (detector.name == name) return page(detector);
    return {};
}

}  // namespace

std::string reference() {
    std::string text =
        "# Reference\n\nMade by `outrider explain --all`; do not edit.\n\n"
        "## Metrics of a target\n\nEach series carries the labels `stream`, `pop` and `protocol`, and the extra label "
        "where one is named. A reading that could not be taken is absent.\n\n"
        "| metric | type | unit | range | extra label | meaning | from |\n|---|---|---|---|---|---|---|\n";
    for (const auto& metric : kMetrics)
        text += fmt::format("| `{}` | {} | {} | {} | {} | {} | {} |\n", metric.name, type_name(metric.type),
                            metric.unit, metric.range, metric.extra_label, metric.help, metric.source);
    text += "\n## Protocols\n\n| name | chosen by default for |\n|---|---|\n";
    for (const auto& protocol : probes::protocols())
        text += fmt::format("| `{}` | `{}` |\n", protocol.name, protocol.chosen_for);
    text +=
        "\n## Outcomes\n\nHow a session stands, and the values of `reason` in `outrider_connection_ends_total`.\n\n"
        "| outcome | meaning |\n|---|---|\n";
    for (const auto& outcome : kOutcomes) text += fmt::format("| `{}` | {} |\n", outcome.name, outcome.meaning);
    text +=
        "\n## Detectors\n\nA rule file's section `detectors:` makes series of these; their settings are in the "
        "guide.\n\n"
        "| kind | tells: series |\n|---|---|\n";
    for (const auto& detector : rules::detector_kinds())
        text += fmt::format("| `{}` | {} |\n", detector.name, detector.help);
    return text;
}

int explain(const std::string& name, bool everything, std::ostream& out, std::ostream& err) {
    const auto text = everything ? reference() : page_of(name);
    out << text;
    if (!text.empty()) return 0;
    err << fmt::format("outrider explain: want a name from `outrider explain --all`, got \"{}\"\n", name);
    return kUsage;
}

}  // namespace outrider::app
