#include "daemon/store/notice.h"

#include <nlohmann/json.hpp>

namespace outrider::app {
namespace {

using nlohmann::json;

json object_of(const Labels& labels) {
    json object = json::object();
    for (const auto& [name, value] : labels) object[name] = value;
    return object;
}

Labels labels_of(const json& object) {
    Labels labels;
    if (!object.is_object()) return labels;
    for (const auto& [name, value] : object.items())
        if (value.is_string()) labels.set(name, value.get_ref<const std::string&>());
    return labels;
}

std::string text_of(const json& object) { return object.dump(-1, ' ', false, json::error_handler_t::replace); }

json moment(Instant at) { return at.time_since_epoch().count(); }
Instant moment(const json& number) { return Instant{Duration{number.get<std::int64_t>()}}; }

}  // namespace

std::string to_json(const Notice& notice) {
    return text_of({{"incident", notice.incident},
                    {"key", object_of(notice.key)},
                    {"labels", object_of(notice.labels)},
                    {"annotations", object_of(notice.annotations)},
                    {"priority", to_string(notice.priority)},
                    {"scope", to_string(notice.fault.scope)},
                    {"confidence", notice.fault.confidence},
                    {"evidence", notice.fault.evidence},
                    {"summary", notice.summary},
                    {"switch_to", notice.switch_to},
                    {"onset", moment(notice.onset)},
                    {"started_at", moment(notice.started_at)},
                    {"ended_at", notice.ended_at ? moment(*notice.ended_at) : json{}},
                    {"reason", notice.reason}});
}

Result<Notice> parse_notice(std::string_view text) try {
    const json object = json::parse(text);
    const auto& ended = object.at("ended_at");
    const auto& confidence = object.at("confidence");
    return Notice{
        .incident = object.at("incident").get<std::int64_t>(),
        .key = labels_of(object.at("key")),
        .labels = labels_of(object.at("labels")),
        .annotations = labels_of(object.at("annotations")),
        .priority = priority_named(object.at("priority").get<std::string>()).value_or(Priority::p3),
        .fault = {.scope = scope_named(object.at("scope").get<std::string>()),
                  .confidence = confidence.is_number() ? confidence.get<double>() : 0,  // JSON has no NaN
                  .evidence = object.at("evidence").get<std::string>()},
        .summary = object.at("summary").get<std::string>(),
        .switch_to = object.at("switch_to").get<std::string>(),
        .onset = moment(object.at("onset")),
        .started_at = moment(object.at("started_at")),
        .ended_at = ended.is_null() ? std::nullopt : std::optional{moment(ended)},
        .reason = object.at("reason").get<std::string>(),
    };
} catch (const json::exception& error) {
    return Error{std::string{"notice in the outbox: want this program's JSON, found: "} + error.what()};
}

std::string labels_json(const Labels& labels) { return text_of(object_of(labels)); }

Labels parse_labels_json(std::string_view text) { return labels_of(json::parse(text, nullptr, false)); }

Scope scope_named(std::string_view name) noexcept {
    for (const auto scope : {Scope::pop, Scope::path, Scope::backbone, Scope::source, Scope::vantage})
        if (to_string(scope) == name) return scope;
    return Scope::endpoint;
}

}  // namespace outrider::app
