// What is due now and then: tables, clocks, timestamps, whole PIDs.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

#include "outrider/time.h"
#include "probes/meters/mpegts_packet.h"

namespace outrider::probes {

/// Counts how often something stayed away longer than it may: once for each full period of absence, so that the count
/// goes on while the absence does.
///
///   limit 500 ms, seen at 0 and 1,200 ms: one at 501 ms, one at 1,001 ms
class AbsenceWatch {
public:
    using Limit = std::optional<Duration>;  ///< nullopt: it may stay away; else > 0

    /// From now on it is waited for; no effect on a wait that goes on.
    void begin(Instant at) {
        if (!since_) since_ = at;
    }
    /// It came: errors that this wait brought and that were not told yet. Begins the next wait.
    [[nodiscard]] std::uint64_t seen(Instant at, Limit limit) {
        const auto errors = overdue(at, limit);
        since_ = at;
        told_ = 0;
        return errors;
    }
    /// Errors since the last call, as of `at`; 0 when nothing is waited for.
    [[nodiscard]] std::uint64_t overdue(Instant at, Limit limit) {
        if (!since_ || !limit || at <= *since_) return 0;
        const auto periods = static_cast<std::uint64_t>((at - *since_ - Duration{1}) / *limit);  // more than the limit
        const auto errors = periods > told_ ? periods - told_ : 0;
        told_ = std::max(told_, periods);
        return errors;
    }

private:
    std::optional<Instant> since_;
    std::uint64_t told_ = 0;
};

/// The program clock reference of one PID: its steps and the jitter of its arrival.
class PcrMeter {
public:
    /// A PCR in ticks of 27 MHz that came in order. False: it is not 0 to 100 ms after the one before, and the stream
    /// did not say that it would jump (TR 101 290 line 2.3b).
    bool take(std::uint64_t pcr, bool discontinuity, Instant arrival) {
        constexpr std::uint64_t kWrap = (std::uint64_t{1} << 33) * 300;
        constexpr std::uint64_t kMostStep = 2'700'000;  // 100 ms
        const auto step = last_ ? (pcr + kWrap - *last_) % kWrap : 0;
        const bool in_line = step <= kMostStep;
        if (last_ && in_line && !discontinuity) {
            const Duration media{static_cast<std::int64_t>(step * 1'000 / 27)};
            const auto deviation = std::chrono::abs((arrival - last_arrival_) - media);
            jitter_ += (deviation - jitter_) / 16;  // RFC 3550 6.4.1, of clock references instead of packets
        }
        last_ = pcr;
        last_arrival_ = arrival;
        return in_line || discontinuity;
    }
    /// What comes next does not go on from what came.
    void forget() noexcept { last_.reset(); }

    [[nodiscard]] std::optional<std::uint64_t> last() const noexcept { return last_; }
    [[nodiscard]] Duration jitter() const noexcept { return jitter_; }

private:
    std::optional<std::uint64_t> last_;
    Instant last_arrival_{};
    Duration jitter_{};
};

}  // namespace outrider::probes
