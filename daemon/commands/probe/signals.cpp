#include "daemon/commands/probe/signals.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>

namespace outrider::app {
namespace {

constexpr Duration kLook = std::chrono::milliseconds{100};

}  // namespace

Signals::Signals() {
    sigemptyset(&set_);
    for (const int signal : {SIGINT, SIGTERM, SIGWINCH, SIGTSTP}) sigaddset(&set_, signal);
    pthread_sigmask(SIG_BLOCK, &set_, nullptr);
    std::signal(SIGPIPE, SIG_IGN);  // a write says EPIPE, wherever it is
}

int Signals::next(Duration patience) {
    const timespec wait{.tv_sec = 0, .tv_nsec = patience.count()};
    const int signal = std::max(0, sigtimedwait(&set_, nullptr, &wait));
    interrupted_ = interrupted_ || signal == SIGINT || signal == SIGTERM;
    return signal;
}

void Signals::release() {
    for (const int signal : {SIGINT, SIGTERM}) std::signal(signal, SIG_DFL);  // a shell's background jobs ignore SIGINT
    pthread_sigmask(SIG_UNBLOCK, &set_, nullptr);
}

int Signals::write_unless_interrupted(int fd, std::string_view& text) {
    while (!text.empty() && !interrupted_) {
        pollfd ready{.fd = fd, .events = POLLOUT, .revents = 0};
        if (poll(&ready, 1, 0) == 0) {
            next(kLook);
            continue;
        }
        // A pipe that is ready takes this much without blocking.
        const auto written = write(fd, text.data(), std::min<std::size_t>(text.size(), PIPE_BUF));
        if (written < 0 && errno != EINTR) return errno;
        if (written > 0) text.remove_prefix(static_cast<std::size_t>(written));
    }
    return 0;
}

}  // namespace outrider::app
