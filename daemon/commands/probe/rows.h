// The rows of the live table: what is shown of a target, in words. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "daemon/commands/probe/record.h"

namespace outrider::app {

struct Row {
    std::string label;
    int rank = 0;                    ///< 0 matters most; what matters least gives way when there is no room
    std::vector<std::string> cells;  ///< one a record; "-" where its protocol does not measure this
};

/// Rows that at least one of the records has a value for, in the order in which they are read. The first is the state.
[[nodiscard]] std::vector<Row> rows_of(const std::vector<const ProbeRecord*>& records);

/// How the connection stands: "playing", "connecting (tls done)", "refused, try 4".
[[nodiscard]] std::string state_of(const ProbeRecord& record);

[[nodiscard]] std::string bit_rate_text(double bits_per_second);

}  // namespace outrider::app
