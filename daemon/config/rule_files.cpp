#include "daemon/config/rule_files.h"

#include <glob.h>

#include <cstddef>
#include <system_error>

#include "daemon/config/yaml.h"

namespace outrider::app {
namespace {

std::vector<std::string> matching_files(const std::string& pattern) {
    std::vector<std::string> out;
    glob_t found{};
    if (::glob(pattern.c_str(), 0, nullptr, &found) == 0)
        for (std::size_t i = 0; i < found.gl_pathc; ++i) out.emplace_back(found.gl_pathv[i]);
    ::globfree(&found);
    return out;
}

/// One name for all spellings of a file's; the spelling itself when the file is gone by now.
std::filesystem::path identity(const std::string& file) {
    std::error_code failed;
    auto whole = std::filesystem::canonical(file, failed);
    return failed ? std::filesystem::path{file} : whole;
}

}  // namespace

std::optional<std::vector<rules::RuleFile>> RuleFileReader::read(const std::string& pattern, Problems& problems) {
    const auto files = matching_files((folder_ / pattern).string());
    if (files.empty()) return std::nullopt;
    std::vector<rules::RuleFile> read;
    for (const auto& file : files)
        if (seen_.insert(identity(file)).second)
            read.push_back(rules::read_rule_file(load_yaml(file, problems), problems));
    return read;
}

}  // namespace outrider::app
