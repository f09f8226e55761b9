// `outrider probe` for machines. docs/probe.schema.json describes it; both names and schema come from the metric table.
#pragma once

#include <string>
#include <vector>

#include "daemon/commands/probe/record.h"

namespace outrider::app {

/// The document of --json, and the last line of --json-lines: verdicts, and all that was measured. One line when
/// `compact`; ends with a line feed. `with_trace` adds what happened to each target.
[[nodiscard]] std::string json_document(const std::vector<ProbeRecord>& records, Instant started, Duration elapsed,
                                        bool with_trace, bool compact);

/// A line of --json-lines: one target's newest sample. Empty while it has none.
[[nodiscard]] std::string json_line(const ProbeRecord& record);

/// docs/probe.schema.json: JSON Schema, draft 2020-12. `#/$defs/sample` is the line of --json-lines.
[[nodiscard]] std::string json_schema();

}  // namespace outrider::app
