#include "daemon/web/api.h"

#include <nlohmann/json.hpp>

#include "outrider/time_text.h"

namespace outrider::app {

std::string trace_json(const TargetList& targets, const probes::TraceBoard& traces, const TraceQuery& query) {
    using nlohmann::json;
    json list = json::array();
    for (const auto& target : targets) {
        if (!query.matches(target)) continue;
        for (const auto& event : traces.events(target.id))
            list.push_back({{"stream", target.stream},
                            {"pop", target.pop},
                            {"protocol", target.protocol},
                            {"number", event.number},
                            {"at", rfc3339(event.at)},
                            {"kind", to_string(event.kind)},
                            {"text", event.text}});
    }
    return list.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

std::string incidents_json(const std::vector<IncidentRecord>& incidents) {
    using nlohmann::json;
    json list = json::array();
    for (const auto& incident : incidents) {
        json key = json::object();
        for (const auto& [name, value] : incident.key) key[name] = value;
        json timeline = json::array();
        for (const auto& entry : incident.timeline)
            timeline.push_back({{"at", rfc3339(entry.at)}, {"kind", to_string(entry.kind)}, {"text", entry.text}});
        list.push_back({{"id", incident.id},
                        {"state", to_string(incident.state)},
                        {"priority", to_string(incident.priority)},
                        {"key", std::move(key)},
                        {"summary", incident.summary},
                        {"fault",
                         {{"scope", to_string(incident.fault.scope)},
                          {"confidence", incident.fault.confidence},
                          {"evidence", incident.fault.evidence}}},
                        {"switch_to", incident.switch_to.empty() ? json{} : json(incident.switch_to)},
                        {"onset", rfc3339(incident.onset)},
                        {"opened_at", rfc3339(incident.opened_at)},
                        {"resolved_at", incident.resolved_at ? json(rfc3339(*incident.resolved_at)) : json{}},
                        {"timeline", std::move(timeline)}});
    }
    return json{{"incidents", std::move(list)}}.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

}  // namespace outrider::app
