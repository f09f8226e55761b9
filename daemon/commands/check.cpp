#include "daemon/commands/check.h"

#include <sysexits.h>

#include <algorithm>
#include <array>
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

bool has(const Settings& root, std::string_view key) {
    return std::ranges::find(root.entries, key, &SettingsEntry::key) != root.entries.end();
}

/// Rules, and detectors where there are any.
std::string contents_of(std::span<const rules::RuleFile> files) {
    std::size_t rules = 0;
    for (const auto& file : files) rules += rule_count(file);
    const auto detectors = rules::detectors_of(files).size();
    return count_of(rules, "rule") + (detectors > 0 ? ", " + count_of(detectors, "detector") : "");
}

/// What is in the file, for the line that says it is good; its problems are appended.
std::string check_file(const std::string& path, Problems& problems) {
    Problems found;
    const auto root = load_yaml(path, found);
    if (has(root, "groups") || has(root, "detectors")) {
        const std::array files{rules::read_rule_file(root, found)};
        rules::check_together(files, found);
        problems.insert(problems.end(), found.begin(), found.end());
        return contents_of(files);
    }
    if (has(root, "tests")) {
        problems.push_back({root.at, "is a file of rule tests: outrider test reads it"});
        return {};
    }
    const auto loaded = load_config(path);
    problems.insert(problems.end(), loaded.problems.begin(), loaded.problems.end());
    if (!loaded.config) return {};
    return count_of(loaded.config->streams.size(), "stream") + ", " +
           count_of(targets_of(*loaded.config).size(), "target") + ", " + contents_of(loaded.config->rule_files);
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
