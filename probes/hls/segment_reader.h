// The bytes of segments into units, whatever container they are in.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "probes/meters/fmp4.h"
#include "probes/meters/media_unit.h"
#include "probes/meters/mpegts.h"

namespace outrider::probes {

/// Tells MPEG-TS and fMP4 by their first byte. Packed audio, WebVTT and segments encrypted as a whole are opaque: they
/// are received, but give no units.
class SegmentReader {
public:
    /// An initialisation section follows, which lies at `offset` of its file.
    void begin_init(std::uint64_t offset);
    /// A segment follows. `follows`: its timestamps go on from the segment before; `opaque`: do not look into it.
    void begin_segment(std::uint64_t offset, bool follows, bool opaque);
    /// Appends the units that `bytes` completed; false when they are nothing that HLS carries.
    bool feed(std::span<const std::byte> bytes, Instant arrival, MediaUnits& units);
    /// The segment is whole: appends what was still in hand.
    void end(MediaUnits& units);

    /// Why feed() refused.
    [[nodiscard]] const std::string& error() const noexcept { return error_; }
    [[nodiscard]] std::optional<ProducerTime> producer_time() const { return fmp4_.producer_time(); }

private:
    enum class Format : std::uint8_t { unknown, ts, fmp4, opaque };
    bool tell_format(std::byte first);

    Format format_ = Format::unknown;
    bool in_init_ = false;
    std::uint64_t offset_ = 0;
    TsMeter ts_{TsOptions{.limits = TsLimits::none(), .program = {}}};
    Fmp4Meter fmp4_;
    std::string error_;
};

}  // namespace outrider::probes
