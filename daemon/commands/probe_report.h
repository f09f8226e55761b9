// What `outrider probe` shows: a table while it runs, a verdict and a JSON document at the end. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "outrider/sample.h"
#include "outrider/target.h"
#include "outrider/time.h"

namespace outrider::app {

/// In the order of their gravity; the value is the exit code.
enum class Health { healthy = 0, degraded = 1, unreachable = 2 };
[[nodiscard]] std::string_view to_string(Health health) noexcept;

/// What is remembered of one target over the whole run.
struct ProbeRecord {
    Target target;
    std::optional<Sample> newest;
    std::optional<double> worst_lag;  ///< seconds
    std::optional<double> worst_gap;  ///< seconds
    Outcome last_failure = Outcome::ok;

    void take(const Sample& sample);
    /// The newest value of a metric; nullopt when absent.
    [[nodiscard]] std::optional<double> value(Metric metric, std::string_view extra = {}) const;
};

struct Judgement {
    Health health = Health::healthy;
    std::string reason;  ///< in words, for a person
};

/// Unreachable: no media at all. Degraded: a viewer stalled, the connection was lost, or media came later than half the
/// smallest viewer's buffer. Else healthy.
[[nodiscard]] Judgement judge(const ProbeRecord& record);

/// The gravest of all; unreachable only when every target is.
[[nodiscard]] Health overall(const std::vector<ProbeRecord>& records);

/// The live table: one line a target, a line a viewer. `elapsed` since the start.
[[nodiscard]] std::string table(const std::vector<ProbeRecord>& records, Duration elapsed);

/// The closing lines: a verdict in words for each target.
[[nodiscard]] std::string summary(const std::vector<ProbeRecord>& records);

/// One document; field names are the metrics' names, metrics with an extra label are objects keyed by its value.
[[nodiscard]] std::string json_document(const std::vector<ProbeRecord>& records, Instant started, Duration elapsed);

}  // namespace outrider::app
