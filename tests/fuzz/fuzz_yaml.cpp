// Any bytes as a configuration file: read without crash, leak or undefined behaviour, and every problem has a text.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "daemon/config/config.h"
#include "daemon/config/yaml.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace outrider;
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    Problems problems;
    const auto root = app::parse_yaml(text, "fuzz.yaml", problems);
    // A rule file is the same bytes once more: its reader sees every tree too, and no file is touched.
    const auto load_rules = [&](const SettingValue& pattern) {
        std::vector<rules::RuleFile> files;
        if (pattern.text()) files.push_back(rules::read_rule_file(root, problems));
        return files;
    };
    const auto config = app::read_config(root, load_rules, problems);
    if (config.has_value() != problems.empty()) std::abort();
    if (config) (void)app::targets_of(*config);
    for (const auto& problem : problems)
        if (problem.message.empty() || problem.to_string().find('\n') != std::string::npos) std::abort();
    if (root.at.line > 0) {
        Problems of_rules;
        (void)rules::read_rule_file(root, of_rules);
    }
    return 0;
}
