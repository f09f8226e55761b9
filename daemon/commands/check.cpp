#include "daemon/commands/check.h"

#include <sysexits.h>

#include <algorithm>
#include <ostream>

#include "daemon/config/config.h"
#include "daemon/config/yaml.h"

namespace outrider::app {
namespace {

std::string count_of(std::size_t n, const std::string& what) {
    return std::to_string(n) + " " + what + (n == 1 ? "" : "s");
}

std::size_t rule_count(const rules::RuleFile& file) {
    std::size_t n = 0;
    for (const auto& group : file.groups) n += group.rules.size();
    return n;
}

bool is_rule_file(const Settings& root) {
    return std::ranges::find(root.entries, "groups", &SettingsEntry::key) != root.entries.end();
}

/// What is in the file, for the line that says it is good; its problems are appended.
std::string check_file(const std::string& path, Problems& problems) {
    Problems found;
    const auto root = load_yaml(path, found);
    if (is_rule_file(root)) {
        const auto file = rules::read_rule_file(root, found);
        problems.insert(problems.end(), found.begin(), found.end());
        return count_of(rule_count(file), "rule");
    }
    const auto loaded = load_config(path);
    problems.insert(problems.end(), loaded.problems.begin(), loaded.problems.end());
    if (!loaded.config) return {};
    std::size_t rules = 0;
    for (const auto& file : loaded.config->rule_files) rules += rule_count(file.rules);
    return count_of(loaded.config->streams.size(), "stream") + ", " +
           count_of(targets_of(*loaded.config).size(), "target") + ", " + count_of(rules, "rule");
}

}  // namespace

int check(std::span<const std::string> files, std::ostream& out, std::ostream& err) {
    Problems problems;
    for (const auto& path : files) {
        const auto before = problems.size();
        const auto contents = check_file(path, problems);
        if (problems.size() == before) out << path << ": ok (" << contents << ")\n";
    }
    sort_by_place(problems);
    std::string last;  // a rule file may be given by itself and named by a configuration
    for (const auto& problem : problems)
        if (auto line = problem.to_string(); line != last) {
            err << line << '\n';
            last = std::move(line);
        }
    return problems.empty() ? EX_OK : EX_CONFIG;
}

}  // namespace outrider::app
