// What every session's trace tells, whatever its protocol: read off its samples. Internal to this module.
#pragma once

#include <array>
#include <optional>

#include "outrider/sample.h"
#include "probes/meters/stream_meter.h"
#include "probes/trace_board.h"

namespace outrider::probes {

/// Notes phases of a start once they are over, and counters of the stream's own troubles when they rise.
class SessionTrace {
public:
    explicit SessionTrace(Tracer tracer) : tracer_(tracer) {}

    void connection_begins() { phases_ = {}; }
    void look_at_phases(const std::array<std::optional<Duration>, kPhases>& phases);
    void look_at_counters(const Sample& sample);

private:
    Tracer tracer_;
    std::array<bool, kPhases> phases_{};  // noted, of this connection
    std::array<double, 2> counters_{};    // as noted; the order is that of the table in the source
};

}  // namespace outrider::probes
