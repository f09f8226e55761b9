// The table of `outrider probe`: a column a target side by side, stacked, or a line each, as the terminal has room.
// Pure.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "daemon/commands/probe/record.h"

namespace outrider::app {

struct TerminalSize {
    std::size_t columns = 80;
    std::size_t lines = 24;  ///< 0: as many as there are
};

/// Lines, each ended by a line feed and none longer than the width; with `lines` given, no more than that. `elapsed`
/// since the start; `planned` 0: until interrupted.
[[nodiscard]] std::string table(const std::vector<ProbeRecord>& records, Duration elapsed, Duration planned,
                                TerminalSize size);

/// One line about all of them, for output that is no terminal.
[[nodiscard]] std::string progress_line(const std::vector<ProbeRecord>& records, Duration elapsed);

/// Gives every record its name: the POP where that tells it from the others, else host, end of the URL, or URL.
void name_records(std::vector<ProbeRecord>& records);

}  // namespace outrider::app
