// The two elementary streams that a player of a program would choose, and their common timeline.
#pragma once

#include <optional>

#include "probes/meters/media_unit.h"
#include "probes/meters/mpegts_packet.h"
#include "probes/meters/mpegts_pes.h"
#include "probes/meters/mpegts_sections.h"

namespace outrider::probes {

/// Whether there is a video or audio stream in the table.
[[nodiscard]] bool has_media(const Pmt& pmt);

class TsTracks {
public:
    /// Follows the first video and the first audio stream of the table; nullptr: none. A track that stays what it was
    /// keeps the unit it has in hand; that of another is out.
    void follow(const Pmt* pmt, MediaUnits& units);

    /// A packet of any PID, in order; see PesReader.
    void feed(const TsPacket& packet, bool damaged, Instant arrival, MediaUnits& units);

    /// The same for packets of one PID that go on in order with payload alone (ContinuityTrack::check_run).
    void feed_run(std::uint16_t pid, TsPackets packets, Instant arrival, MediaUnits& units);

    /// Nothing more will come: appends the units in hand.
    void flush(MediaUnits& units);

    /// flush(), and what comes next does not go on from what came; the timeline does.
    void begin_piece(MediaUnits& units);

private:
    struct Track {
        std::uint16_t pid = kNullPid;
        PesReader reader;
    };
    static void follow(std::optional<Track>& track, const PmtStream* stream, MediaUnits& units);

    std::optional<Track> video_;
    std::optional<Track> audio_;
    TsTimeline timeline_;
};

}  // namespace outrider::probes
