// A target of `outrider probe` as it stands after some samples.
#pragma once

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "daemon/commands/probe/record.h"

namespace outrider::app::test {

inline constexpr Instant kStart{std::chrono::seconds{1'700'000'000}};

inline ProbeRecord record(const std::string& name = "sin1", std::uint32_t id = 0) {
    using namespace std::chrono_literals;
    ProbeRecord made{.target = {.id = TargetId{id},
                                .stream = "probed",
                                .pop = name,
                                .protocol = "httpflv",
                                .url = "http://x/y.flv",
                                .connect_to = name,
                                .viewers = {{.name = "1s", .start = 1s, .resume = 1s}},
                                .heartbeat = 200ms},
                     .url = "http://x/y.flv",
                     .name = name};
    return made;
}

inline ProbeRecord path_record() {
    auto made = record();
    made.target.protocol = "path";
    return made;
}

/// `after` the start.
inline Sample sample(Outcome outcome, std::vector<Reading> readings, Duration after = {}) {
    return {.target = TargetId{0}, .at = kStart + after, .outcome = outcome, .readings = std::move(readings)};
}

/// Of a stream that plays.
inline Sample media(double seconds, double lag, double stalls = 0, Duration after = {}) {
    return sample(Outcome::ok,
                  {{Metric::media_seconds_total, {}, seconds},
                   {Metric::lag_seconds, {}, lag},
                   {Metric::viewer_stalls_total, "1s", stalls},
                   {Metric::viewer_stall_seconds_total, "1s", stalls * 2}},
                  after);
}

inline Sample losses(std::string_view layer, double expected, double lost, Duration after) {
    return sample(Outcome::ok,
                  {{Metric::packets_expected_total, layer, expected}, {Metric::packets_lost_total, layer, lost}},
                  after);
}

}  // namespace outrider::app::test
