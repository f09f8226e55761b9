#include "daemon/config/config.h"

#include <cstdint>
#include <filesystem>
#include <set>
#include <utility>

#include "daemon/config/matching_files.h"
#include "daemon/config/yaml.h"

namespace outrider::app {

LoadedConfig load_config(const std::string& path) {
    LoadedConfig loaded;
    const auto root = load_yaml(path, loaded.problems);
    const auto folder = std::filesystem::path{path}.parent_path();
    std::set<std::string> seen;
    const auto load_rules = [&](const SettingValue& pattern) {
        std::vector<RuleFileConfig> out;
        const auto text = pattern.text();
        if (!text) return out;
        const auto files = matching_files((folder / *text).string());
        if (files.empty()) pattern.want("a file, or a pattern that matches one");
        for (const auto& file : files)
            if (seen.insert(file).second)
                out.push_back({file, rules::read_rule_file(load_yaml(file, loaded.problems), loaded.problems)});
        return out;
    };
    loaded.config = read_config(root, load_rules, loaded.problems);
    sort_by_place(loaded.problems);
    return loaded;
}

TargetList targets_of(const Config& config) {
    TargetList targets;
    for (const auto& stream : config.streams) {
        for (const auto& pop : config.pops) {
            if (std::ranges::find(stream.pops, pop.name) == stream.pops.end()) continue;
            targets.push_back({.id = TargetId{static_cast<std::uint32_t>(targets.size())},
                               .stream = stream.name,
                               .pop = pop.name,
                               .protocol = stream.protocol,
                               .url = stream.url,
                               .connect_to = pop.address,
                               .viewers = stream.viewers,
                               .heartbeat = config.heartbeat,
                               .request = stream.request});
        }
    }
    return targets;
}

}  // namespace outrider::app
