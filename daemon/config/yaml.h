// YAML into located Settings. yaml.cpp is the one file that touches yaml-cpp.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "outrider/settings.h"

namespace outrider::app {

inline constexpr std::size_t kMaxYamlBytes = 16 * 1024 * 1024;
inline constexpr int kMaxYamlDepth = 64;               ///< nested lists and maps; alias targets included
inline constexpr std::size_t kMaxYamlNodes = 200'000;  ///< every key, value, list and map; aliases written out

/// Reads one YAML document. `file_name` is what problems call it. Duplicate keys are reported and their later values
/// dropped. Anchors and aliases are written out within the bounds above; merge keys (<<), several documents and unknown
/// tags are refused. What cannot be read at all (syntax, not UTF-8, a bound) is reported once, and the result is a null
/// with `at.line` 0, of which SettingsReader reports nothing more. Columns count bytes. Never throws.
[[nodiscard]] Settings parse_yaml(std::string_view text, std::string file_name, Problems& problems);

/// The same for a file; what prevents reading it is reported for the file as a whole.
[[nodiscard]] Settings load_yaml(const std::string& path, Problems& problems);

/// The same for a file of one to `most` documents, each a tree; never empty.
[[nodiscard]] std::vector<Settings> load_yaml_documents(const std::string& path, std::size_t most, Problems& problems);

}  // namespace outrider::app
