#include "daemon/notify/webhook/body.h"

#include <array>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "outrider/time_text.h"

namespace outrider::app {
namespace {

using nlohmann::json;

constexpr std::string_view kNotEnded = "0001-01-01T00:00:00Z";  // Go's zero time: what Alertmanager sends while firing

json object_of(const Labels& labels) {
    json object = json::object();
    for (const auto& [name, value] : labels) object[name] = value;
    return object;
}

std::string hex16(std::uint64_t number) {
    std::array<char, 17> text{};
    std::snprintf(text.data(), text.size(), "%016llx", static_cast<unsigned long long>(number));
    return text.data();
}

std::string percent(double fraction) {
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.0f%%", fraction * 100);
    return text.data();
}

/// Of the alert, and the incident's priority over any that a rule gave it: receivers route by this one.
Labels labels_of(const Notice& notice) {
    auto labels = notice.labels;
    labels.set("priority", to_string(notice.priority));
    return labels;
}

/// Those the rule wrote, and what only the incident knows. An empty one is left out by Labels.
Labels annotations_of(const Notice& notice) {
    auto annotations = notice.annotations;
    annotations.set("summary", notice.summary);
    if (annotations.value_of("description").empty()) annotations.set("description", notice.fault.evidence);
    annotations.set("cause", to_string(notice.fault.scope));
    annotations.set("confidence", percent(notice.fault.confidence));
    annotations.set("evidence", notice.fault.evidence);
    annotations.set("switch_to", notice.switch_to);
    annotations.set("incident", std::to_string(notice.incident));
    annotations.set("onset", rfc3339(notice.onset));
    annotations.set("resolution", notice.reason);
    return annotations;
}

}  // namespace

std::string webhook_body(const Notice& notice, std::string_view receiver, std::string_view external_url) {
    while (external_url.ends_with('/')) external_url.remove_suffix(1);
    const auto labels = labels_of(notice);
    const auto common_labels = object_of(labels);
    const auto annotations = object_of(annotations_of(notice));
    const std::string status = notice.ended_at ? "resolved" : "firing";
    const json alert{{"status", status},
                     {"labels", common_labels},
                     {"annotations", annotations},
                     {"startsAt", rfc3339(notice.started_at)},
                     {"endsAt", notice.ended_at ? rfc3339(*notice.ended_at) : std::string{kNotEnded}},
                     {"generatorURL", std::string{external_url} + "/#incident-" + std::to_string(notice.incident)},
                     {"fingerprint", hex16(labels.fingerprint())}};
    const json body{{"version", "4"},
                    {"groupKey", "{}:" + notice.key.to_string()},
                    {"truncatedAlerts", 0},
                    {"status", status},
                    {"receiver", receiver},
                    {"groupLabels", object_of(notice.key)},
                    {"commonLabels", common_labels},
                    {"commonAnnotations", annotations},
                    {"externalURL", external_url},
                    {"alerts", json::array({alert})}};
    return body.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace outrider::app
