#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "daemon/commands/probe/table.h"
#include "daemon/commands/probe/text.h"
#include "outrider/url_text.h"

namespace outrider::app {
namespace {

std::string host_of(const std::string& url) {
    const auto parts = split_url(url);
    if (!parts) return url;
    return parts->port ? fmt::format("{}:{}", parts->host, *parts->port) : parts->host;
}

/// The end of the path, which is the stream's name as a rule.
std::string end_of(const std::string& url) {
    const auto path = url.substr(0, url.find_first_of("?#"));
    const auto name = path.substr(path.rfind('/') + 1);
    return name.empty() ? url : name;
}

template <class Function>
bool give_names(std::vector<ProbeRecord>& records, const Function& name_of) {
    std::set<std::string> names;
    for (auto& record : records) {
        record.name = printable(name_of(record));
        names.insert(record.name);
    }
    return names.size() == records.size() && !names.contains("");
}

}  // namespace

void name_records(std::vector<ProbeRecord>& records) {
    if (records.size() == 1) {
        auto& only = records.front();
        only.name = printable(only.target.pop.empty() ? only.url : only.target.pop);
        return;
    }
    const auto pop_and = [](const ProbeRecord& record, const std::string& other) {
        return record.target.pop.empty() ? other : record.target.pop + " " + other;
    };
    if (give_names(records, [](const auto& r) { return r.target.pop; })) return;
    if (give_names(records, [&](const auto& r) { return pop_and(r, host_of(r.url)); })) return;
    if (give_names(records, [&](const auto& r) { return pop_and(r, end_of(r.url)); })) return;
    if (give_names(records, [&](const auto& r) { return pop_and(r, r.url); })) return;
    // The same URL twice, or URLs that differ in their secrets.
    std::size_t number = 0;
    give_names(records, [&](const auto& r) { return fmt::format("{} {}", ++number, pop_and(r, r.url)); });
}

}  // namespace outrider::app
