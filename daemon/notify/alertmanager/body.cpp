#include "daemon/notify/alertmanager/body.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "outrider/time_text.h"

namespace outrider::app {
namespace {

using nlohmann::json;

json object_of(const Labels& labels) {
    json object = json::object();
    for (const auto& [name, value] : labels)
        if (is_label_name(name)) object[name] = value;
    return object;
}

std::string generator_url(const Labels& labels, std::string_view external_url) {
    std::array<char, 32> fragment{};
    std::snprintf(fragment.data(), fragment.size(), "/#alert-%016llx",
                  static_cast<unsigned long long>(labels.fingerprint()));
    return std::string{external_url} + fragment.data();
}

}  // namespace

bool sendable(const Labels& labels) noexcept {
    return !labels.empty() && std::ranges::all_of(labels, [](const auto& pair) { return is_label_name(pair.first); });
}

std::string alertmanager_body(std::span<const OutgoingAlert> alerts, std::string_view external_url) {
    while (external_url.ends_with('/')) external_url.remove_suffix(1);
    json body = json::array();
    for (const auto& alert : alerts) {
        // Both moments, always: endsAt alone would become startsAt too.
        body.push_back({{"labels", object_of(alert.labels)},
                        {"annotations", object_of(alert.annotations)},
                        {"startsAt", rfc3339(alert.starts_at)},
                        {"endsAt", rfc3339(alert.ends_at)},
                        {"generatorURL", generator_url(alert.labels, external_url)}});
    }
    return body.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace outrider::app
