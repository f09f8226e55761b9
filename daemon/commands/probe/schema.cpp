#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "daemon/commands/probe/json.h"
#include "outrider/metric.h"
#include "outrider/outcome.h"

namespace outrider::app {
namespace {

using nlohmann::ordered_json;

/// A closed object: what the program does not print, the schema does not take.
ordered_json object(ordered_json properties, const std::vector<std::string_view>& optional = {}) {
    auto required = ordered_json::array();
    for (const auto& [name, schema] : properties.items())
        if (std::ranges::find(optional, name) == optional.end()) required.push_back(name);
    return {{"type", "object"},
            {"properties", std::move(properties)},
            {"required", std::move(required)},
            {"additionalProperties", false}};
}

ordered_json text(std::string_view description) { return {{"type", "string"}, {"description", description}}; }

ordered_json moment(std::string_view description) {
    return {{"type", "string"},
            {"pattern", "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{3}Z$"},
            {"description", description}};
}

/// A share, 0 to 1, by layer.
ordered_json ratios(std::string_view description) {
    return {{"type", "object"},
            {"additionalProperties", {{"type", "number"}, {"minimum", 0}, {"maximum", 1}}},
            {"description", description}};
}

ordered_json ref(std::string_view name) { return {{"$ref", fmt::format("#/$defs/{}", name)}}; }

/// A number in the metric's range.
ordered_json number(const MetricInfo& metric) {
    if (metric.range == "0 or 1") return {{"enum", {0, 1}}};
    ordered_json schema{{"type", "number"}};
    if (metric.range == ">= 0") schema["minimum"] = 0;
    if (metric.range == "> 0") schema["exclusiveMinimum"] = 0;
    return schema;
}

ordered_json metrics() {
    auto properties = ordered_json::object();
    for (const auto& metric : kMetrics) {
        auto schema = number(metric);
        if (!metric.extra_label.empty())
            schema = {{"type", "object"}, {"minProperties", 1}, {"additionalProperties", std::move(schema)}};
        schema["description"] = metric.extra_label.empty() ? fmt::format("{} Unit: {}.", metric.help, metric.unit)
                                                           : fmt::format("{} Unit: {}. Keyed by {}.", metric.help,
                                                                         metric.unit, metric.extra_label);
        properties[std::string{metric.name}] = std::move(schema);
    }
    return {{"type", "object"},
            {"properties", std::move(properties)},
            {"additionalProperties", false},
            {"description", "The newest reading of each metric; absent what could not be measured."}};
}

ordered_json outcomes() {
    auto names = ordered_json::array();
    for (const auto& outcome : kOutcomes) names.push_back(outcome.name);
    return {{"enum", std::move(names)}};
}

ordered_json trace_event() {
    auto kinds = ordered_json::array();
#define OUTRIDER_X(name, meaning) kinds.push_back(#name);
    OUTRIDER_TRACE_KINDS(OUTRIDER_X)
#undef OUTRIDER_X
    return object({{"number", {{"type", "integer"}, {"minimum", 1}}},
                   {"at", moment("When it happened.")},
                   {"kind", {{"enum", std::move(kinds)}}},
                   {"text", text("What happened, without secrets.")}});
}

ordered_json identity() {
    return {{"name", text("Short, and no other target's.")},
            {"url", text("What is played, without secrets.")},
            {"pop", text("The POP that the connection is pinned to, as it was asked for.")},
            {"protocol", text("A name of `outrider explain --all`.")}};
}

ordered_json worst() {
    const auto seconds = [](std::string_view description) {
        return ordered_json{{"type", "number"}, {"minimum", 0}, {"description", description}};
    };
    auto properties = ordered_json::object();
    properties[std::string{info(Metric::lag_seconds).name}] = seconds("The greatest of all heartbeats.");
    properties[std::string{info(Metric::video_frame_gap_seconds).name}] = seconds("The greatest of all heartbeats.");
    properties["loss_ratio"] = ratios("Packets lost over packets expected, by layer: the worst five seconds.");
    auto schema = object(std::move(properties),
                         {info(Metric::lag_seconds).name, info(Metric::video_frame_gap_seconds).name, "loss_ratio"});
    schema["description"] = "The worst of the whole run.";
    return schema;
}

ordered_json target() {
    auto properties = identity();
    properties["verdict"] = ref("verdict");
    properties["reason"] = text("The verdict in words.");
    properties["outcome"] = ref("outcome");
    properties["last_failure"] = ref("outcome");
    properties["bits_per_second"] = {
        {"type", "number"}, {"minimum", 0}, {"description", "Of the last five seconds, transport headers excluded."}};
    properties["worst"] = worst();
    properties["metrics"] = ref("metrics");
    properties["trace"] = {{"type", "array"}, {"items", ref("trace_event")}, {"description", "With -v only."}};
    return object(std::move(properties), {"pop", "last_failure", "bits_per_second", "trace"});
}

ordered_json sample() {
    ordered_json properties{
        {"version", {{"const", 1}}}, {"type", {{"const", "sample"}}}, {"at", moment("When it was measured.")}};
    properties.update(identity());
    properties["outcome"] = ref("outcome");
    properties["metrics"] = ref("metrics");
    auto schema = object(std::move(properties), {"pop"});
    schema["description"] = "A line of --json-lines: one target, each second. The last line is the document.";
    return schema;
}

}  // namespace

std::string json_schema() {
    auto document = object({{"version", {{"const", 1}}},
                            {"type", {{"const", "verdict"}}},
                            {"started", moment("When the probe began.")},
                            {"duration_seconds", {{"type", "number"}, {"minimum", 0}}},
                            {"verdict", ref("verdict")},
                            {"reason", text("The verdict in words.")},
                            {"comparisons",
                             {{"type", "array"},
                              {"items", {{"type", "string"}}},
                              {"description", "How far which target is behind which other, a sentence each."}}},
                            {"targets", {{"type", "array"}, {"minItems", 1}, {"items", ref("target")}}}});
    ordered_json schema{{"$schema", "https://json-schema.org/draft/2020-12/schema"},
                        {"title", "outrider probe --json"},
                        {"$comment", "Made by `outrider explain probe.schema.json`; do not edit."}};
    schema.update(document);
    schema["$defs"] = {{"verdict", {{"enum", {"healthy", "degraded", "unreachable"}}}},
                       {"outcome", outcomes()},
                       {"metrics", metrics()},
                       {"trace_event", trace_event()},
                       {"target", target()},
                       {"sample", sample()}};
    return schema.dump(2) + "\n";
}

}  // namespace outrider::app
