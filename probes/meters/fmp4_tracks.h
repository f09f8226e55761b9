// What an fMP4 initialisation section says of its tracks. Internal to the fMP4 meter.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "probes/meters/access_unit.h"
#include "probes/meters/media_unit.h"

namespace outrider::probes {

/// Values of a sample that its fragment does not state (trex, overridden by tfhd).
struct SampleDefaults {
    std::uint32_t duration = 0;
    std::uint32_t size = 0;
    std::uint32_t flags = 0;
};

struct Fmp4Track {
    std::uint32_t id = 0;
    std::uint32_t timescale = 0;   ///< ticks a second; 0: not said yet
    std::uint32_t handler = 0;     ///< box_type("vide"), box_type("soun") …
    std::uint32_t codec = 0;       ///< of the first sample entry: box_type("avc1"), "hvc1", "mp4a", "encv" …
    NalFormat nals;                ///< of its pictures
    std::uint32_t format = 0;      ///< see FormatHash; 0: not said
    std::int64_t edit_offset = 0;  ///< ticks that the edit list takes off every decode time
    std::int64_t next_dts = 0;     ///< ticks: where a fragment without tfdt goes on
    SampleDefaults defaults;

    /// nullopt: neither picture nor sound.
    [[nodiscard]] std::optional<TrackKind> kind() const noexcept;
    /// Samples are encrypted (Common Encryption); their sizes and times are not.
    [[nodiscard]] bool encrypted() const noexcept;
};

/// Reads the leaves of `moov`. Each reader returns what was wanted, or nothing when content.
class Fmp4Tracks {
public:
    void begin_movie();
    void begin_track();
    std::string_view end_track();

    std::string_view on_mvhd(std::span<const std::uint8_t> bytes);
    std::string_view on_tkhd(std::span<const std::uint8_t> bytes);
    std::string_view on_mdhd(std::span<const std::uint8_t> bytes);
    std::string_view on_hdlr(std::span<const std::uint8_t> bytes);
    std::string_view on_stsd(std::span<const std::uint8_t> bytes);
    std::string_view on_elst(std::span<const std::uint8_t> bytes);
    std::string_view on_trex(std::span<const std::uint8_t> bytes);

    /// nullptr when there is no such track.
    [[nodiscard]] Fmp4Track* find(std::uint32_t id);
    [[nodiscard]] std::span<const Fmp4Track> all() const noexcept { return tracks_; }
    /// The first track of its kind: the one whose units are given out.
    [[nodiscard]] bool is_played(const Fmp4Track& track) const;

private:
    std::vector<Fmp4Track> tracks_;
    Fmp4Track current_;
    std::uint32_t movie_timescale_ = 0;
    std::uint64_t empty_edit_ = 0;  // of the current track, in ticks of the movie
    std::int64_t edit_start_ = 0;   // of the current track, in ticks of its own
};

}  // namespace outrider::probes
