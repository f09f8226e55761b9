#include "probes/net/secret_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

namespace outrider::probes {
namespace {

constexpr std::size_t kLongest = 8 * 1024;

class File {
public:
    explicit File(const std::string& path) : fd_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)) {}
    ~File() {
        if (fd_ >= 0) ::close(fd_);
    }
    File(const File&) = delete;
    File& operator=(const File&) = delete;
    [[nodiscard]] int fd() const noexcept { return fd_; }

private:
    int fd_;
};

}  // namespace

Result<std::string> read_secret_file(const std::string& path, std::string_view what) {
    const auto failed = [&](const std::string& found) {
        return Error{path + ": want " + std::string{what} + ", got " + found};
    };
    const auto system_error = [&] { return failed("\"" + std::generic_category().message(errno) + "\""); };
    const File file{path};
    if (file.fd() < 0) return system_error();
    struct stat about {};
    if (::fstat(file.fd(), &about) != 0) return system_error();
    if (!S_ISREG(about.st_mode)) return failed("what is no regular file");
    std::array<char, kLongest + 1> bytes{};
    const auto size = ::read(file.fd(), bytes.data(), bytes.size());
    if (size < 0) return system_error();
    if (static_cast<std::size_t>(size) > kLongest) return failed("more than 8 KiB");
    std::string_view text{bytes.data(), static_cast<std::size_t>(size)};
    constexpr std::string_view blank = " \t\r\n";
    const auto first = text.find_first_not_of(blank);
    if (first == text.npos) return failed("an empty file");
    text = text.substr(first, text.find_last_not_of(blank) - first + 1);
    for (const char c : text)
        if ((static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7F)
            return failed("more than one line, or control characters");
    return std::string{text};
}

}  // namespace outrider::probes
