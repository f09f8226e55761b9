#include "daemon/config/config.h"

#include <cstdint>
#include <utility>

#include "daemon/config/rule_files.h"
#include "daemon/config/yaml.h"

namespace outrider::app {

LoadedConfig load_config(const std::string& path) {
    LoadedConfig loaded;
    const auto root = load_yaml(path, loaded.problems);
    RuleFileReader reader{path};
    const auto load_rules = [&](const SettingValue& pattern) {
        const auto text = pattern.text();
        if (!text) return std::vector<rules::RuleFile>{};
        auto files = reader.read(*text, loaded.problems);
        if (!files) pattern.want("a file, or a pattern that matches one");
        return std::move(files).value_or(std::vector<rules::RuleFile>{});
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
