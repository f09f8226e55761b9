#include "daemon/config/read_text.h"

#include <array>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <system_error>

namespace outrider::app {
namespace {

Error cannot_read() { return {"cannot be read: " + std::generic_category().message(errno != 0 ? errno : EIO)}; }

}  // namespace

Result<std::string> read_text(const std::string& path, const std::string& what, std::size_t most) {
    std::error_code error;
    const auto status = std::filesystem::status(path, error);
    if (status.type() == std::filesystem::file_type::not_found) return Error{"want " + what + ", got no such file"};
    if (status.type() == std::filesystem::file_type::directory) return Error{"want " + what + ", got a folder"};
    errno = 0;
    std::ifstream in{path, std::ios::binary};
    if (!in) return cannot_read();
    std::string text;
    std::array<char, 65536> block{};
    while (in && text.size() <= most) {
        in.read(block.data(), block.size());
        text.append(block.data(), static_cast<std::size_t>(in.gcount()));
    }
    if (in.bad()) return cannot_read();
    return text;
}

}  // namespace outrider::app
