// The terminal, and output that may go away.
#pragma once

#include <string_view>

#include "daemon/commands/probe/table.h"

namespace outrider::app {

/// Writes all of it to a file descriptor; 0, or the errno of what prevented it.
[[nodiscard]] int write_all(int fd, std::string_view text) noexcept;

/// A closed standard stream's number must not become a socket's, which would then be written to: opens /dev/null there.
void hold_standard_streams() noexcept;

/// A picture that replaces itself, on the terminal's other page: what was there before is there again afterwards, and
/// nothing scrolls. Owns the state of the terminal: the destructor puts it back.
class Screen {
public:
    explicit Screen(int fd) noexcept : fd_(fd) {}
    ~Screen() { leave(); }
    Screen(const Screen&) = delete;
    Screen& operator=(const Screen&) = delete;

    /// Standard output is a terminal that can place its cursor (TERM is not dumb).
    [[nodiscard]] static bool usable(int fd) noexcept;

    [[nodiscard]] TerminalSize size() const noexcept;
    void enter() noexcept;
    void leave() noexcept;
    /// `text` as the whole picture; it must fit. False when the terminal is gone.
    [[nodiscard]] bool draw(std::string_view text);

private:
    int fd_;
    bool entered_ = false;
};

}  // namespace outrider::app
