#include "daemon/commands/probe/screen.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <string>

namespace outrider::app {
namespace {

// DEC private modes: 1049 the other page, 25 cursor, 7 wrapping at the right edge (a picture made for the size before
// a resize must not become more lines than there are).
constexpr std::string_view kEnter = "\x1b[?1049h\x1b[?25l\x1b[?7l";
constexpr std::string_view kLeave = "\x1b[?7h\x1b[?25h\x1b[?1049l";

}  // namespace

int write_all(int fd, std::string_view text) noexcept {
    while (!text.empty()) {
        const auto written = write(fd, text.data(), text.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return errno;
        text.remove_prefix(static_cast<std::size_t>(written));
    }
    return 0;
}

void hold_standard_streams() noexcept {
    for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
        if (fcntl(fd, F_GETFD) < 0 && errno == EBADF) static_cast<void>(open("/dev/null", O_RDWR));
}

bool Screen::usable(int fd) noexcept {
    const char* term = std::getenv("TERM");
    return isatty(fd) == 1 && term != nullptr && std::string_view{term} != "dumb" && *term != '\0';
}

TerminalSize Screen::size() const noexcept {
    winsize window{};
    // A serial line does not know its size and says 0.
    if (ioctl(fd_, TIOCGWINSZ, &window) != 0 || window.ws_col == 0 || window.ws_row == 0) return {};
    return {.columns = window.ws_col, .lines = window.ws_row};
}

void Screen::enter() noexcept { entered_ = write_all(fd_, kEnter) == 0; }

void Screen::leave() noexcept {
    if (entered_) static_cast<void>(write_all(fd_, kLeave));
    entered_ = false;
}

bool Screen::draw(std::string_view text) {
    // Home, each line cleared to its end, then whatever was below: no flicker, unlike clearing the page. No line feed
    // after the last line: it would scroll.
    if (text.ends_with('\n')) text.remove_suffix(1);
    std::string picture = "\x1b[H";
    for (const char c : text) {
        if (c == '\n') {
            picture += "\x1b[K\r\n";
        } else {
            picture += c;
        }
    }
    picture += "\x1b[K\x1b[J";
    return write_all(fd_, picture) == 0;
}

}  // namespace outrider::app
