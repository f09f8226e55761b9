#include "daemon/config/matching_files.h"

#include <glob.h>

#include <cstddef>

namespace outrider::app {

std::vector<std::string> matching_files(const std::string& pattern) {
    std::vector<std::string> out;
    glob_t found{};
    if (::glob(pattern.c_str(), 0, nullptr, &found) == 0)
        for (std::size_t i = 0; i < found.gl_pathc; ++i) out.emplace_back(found.gl_pathv[i]);
    ::globfree(&found);
    return out;
}

}  // namespace outrider::app
