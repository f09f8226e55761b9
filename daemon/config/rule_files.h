// The rule files that a configuration or a test of rules names.
#pragma once

#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "outrider/settings.h"
#include "rules/rule_file.h"

namespace outrider::app {

/// Reads rule files by patterns (glob(7)), each file once, however it is spelt.
class RuleFileReader {
public:
    /// Patterns are relative to the folder of `owner`, the file that names them.
    explicit RuleFileReader(const std::string& owner) : folder_{std::filesystem::path{owner}.parent_path()} {}

    /// The files that match and were not read before, sorted by name; what is wrong with them is appended to
    /// `problems`. nullopt when no file matches.
    [[nodiscard]] std::optional<std::vector<rules::RuleFile>> read(const std::string& pattern, Problems& problems);

private:
    std::filesystem::path folder_;
    std::set<std::filesystem::path> seen_;
};

}  // namespace outrider::app
