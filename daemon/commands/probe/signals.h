// Signals as values that the main thread asks for: no handler, and no thread that is interrupted in mid-call.
#pragma once

#include <csignal>
#include <string_view>

#include "outrider/time.h"

namespace outrider::app {

/// SIGINT, SIGTERM, SIGWINCH and SIGTSTP, blocked in this thread and in those made after; SIGPIPE is ignored.
class Signals {
public:
    Signals();
    /// The signal that came within `patience` (below one second), or 0.
    int next(Duration patience);
    /// True once SIGINT or SIGTERM has come out of `next`.
    [[nodiscard]] bool interrupted() const noexcept { return interrupted_; }
    /// From here on they do what they do by default: an interrupt ends the program at once.
    void release();

    /// Writes to a file descriptor whose reader may stand still, as long as nobody interrupts; 0, or the errno. `text`
    /// is then what is left.
    int write_unless_interrupted(int fd, std::string_view& text);

private:
    sigset_t set_{};
    bool interrupted_ = false;
};

}  // namespace outrider::app
