// The continuity counter of one PID: how many packets are missing between those that came.
// Source: ISO/IEC 13818-1 2.4.3.3.
#pragma once

#include <cstdint>

#include "probes/meters/mpegts_packet.h"

namespace outrider::probes {

enum class Continuity : std::uint8_t {
    first,      ///< nothing to compare with, or the discontinuity indicator excuses
    in_order,   ///< also: no payload, so that the counter says nothing
    duplicate,  ///< the one repetition that is legal
    repeated,   ///< a further repetition: an error, and nothing lost
    gap,        ///< `lost` packets are missing before this one
    late,       ///< one of those just missed comes after its successors
};

struct ContinuityFinding {
    Continuity kind = Continuity::in_order;
    unsigned lost = 0;  ///< 1 to 15 with `gap`
};

/// Four bits see a loss modulo 16: a loss of exactly 16 is invisible, one of 17 reads as 1. A loss of 15 has the
/// counter of a repetition and is told from it by its payload. A packet that fills the oldest place of the last gap
/// before its number comes round again is late; otherwise two packets that changed places would read as 16 lost.
///
///   sent 0 1 2 3, came 0 2 1 3:   2: gap of 1    1: late    3: in order
class ContinuityTrack {
public:
    /// Packets of one PID in order of arrival; not for the null PID.
    ContinuityFinding check(const TsPacket& packet);

    /// How many packets at the front of `packets` only go on with `pid`, and are checked with that: each the next by
    /// its counter, of payload alone, unscrambled and without the start of anything. Not so soon behind a gap.
    std::size_t check_run(std::uint16_t pid, TsPackets packets);

private:
    void restart(const TsPacket& packet, std::uint64_t print);

    bool known_ = false;
    bool repeated_ = false;
    std::uint8_t last_ = 0;
    std::uint8_t hole_ = 0;       // counter of the oldest packet still missing from the last gap
    std::uint8_t hole_size_ = 0;  // packets still missing from it
    std::uint64_t print_ = 0;     // of the last payload
};

}  // namespace outrider::probes
