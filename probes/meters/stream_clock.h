// Absolute time that a stream carries, and whose clock it is.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "outrider/time.h"

namespace outrider::probes {

/// Values of the label `method` of outrider_latency_seconds that come with media; those of HLS and fMP4
/// (program_date_time, prft) come with segments.
enum class ClockMethod : std::uint8_t {
    none,
    sei,      ///< a user_data_unregistered message with a time, of the encoder
    canary,   ///< the same with our own identifier
    onfi,     ///< FLV's script tag onFI, of the encoder
    rtcp_sr,  ///< RTCP sender reports, of the sender
};
inline constexpr std::array<std::string_view, 5> kClockMethodNames{"none", "sei", "canary", "onfi", "rtcp_sr"};

/// When, by the clock of that method, the media beside it was made.
struct StreamClock {
    ClockMethod method = ClockMethod::none;
    Instant wall{};
    friend bool operator==(const StreamClock&, const StreamClock&) = default;
};

}  // namespace outrider::probes
