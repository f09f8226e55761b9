// Where the frames of an audio elementary stream begin, how long they are and how long they play, by their headers.
// Sources: ADTS and LOAS ISO/IEC 14496-3 1.A.2 and 1.7.2; AC-3 ETSI TS 102 366 4.4.1 and E.1.3.1; MPEG audio
// ISO/IEC 11172-3 2.4.2.3; Opus: RFC 6716 3.1 behind the control header of Xiph's "Opus in MPEG-TS" draft.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "probes/meters/media_unit.h"
#include "probes/meters/mpegts_sections.h"

namespace outrider::probes {

struct AudioFrame {
    std::uint32_t wrapping = 0;        ///< bytes before the frame that are the container's (Opus control header)
    std::uint32_t size = 0;            ///< bytes of the frame, its own header (ADTS, LOAS …) included; > 0
    std::optional<Duration> duration;  ///< nullopt where the header leaves it to the decoder's configuration
};

enum class FrameStart : std::uint8_t { found, need_more, none };

/// Reads frame headers of one audio stream. LATM announces its configuration now and then, so it remembers.
class AudioFrameReader {
public:
    static constexpr std::size_t kMaxHeader = 16;

    explicit AudioFrameReader(TsCodec codec) : codec_(codec) {}

    /// Whether a frame begins at `head`; `frame` is set with `found`. With `need_more` it will be certain by kMaxHeader
    /// bytes at the latest, and `head` lies within the frame.
    [[nodiscard]] FrameStart read(std::span<const std::uint8_t> head, AudioFrame& frame);

private:
    TsCodec codec_;
    std::optional<Duration> latm_duration_;
};

/// Splits the payload of one audio stream's PES packets into frames. The time of a PES packet is that of the first
/// frame that begins in it; the frames after it follow by their durations.
class AudioSplitter {
public:
    /// True for codecs whose frames carry their size; of the others a PES packet is a unit.
    [[nodiscard]] static bool splits(TsCodec codec) noexcept;

    explicit AudioSplitter(TsCodec codec) : reader_(codec) {}

    /// The payload that follows belongs to a new PES packet with this time, if it has one.
    void pes_begins(std::optional<Duration> pts);
    void feed(std::span<const std::uint8_t> payload, Instant arrival, MediaUnits& units);
    /// Bytes were lost: the frame in hand is given up, and what remains of this PES packet cannot be told apart.
    void damaged() noexcept;

private:
    void drop_first();

    AudioFrameReader reader_;
    std::array<std::uint8_t, AudioFrameReader::kMaxHeader> head_{};
    std::size_t have_ = 0;
    std::optional<AudioFrame> frame_;  // being received
    std::uint32_t left_ = 0;           // its bytes still to come
    bool skip_pes_ = false;
    std::optional<Duration> pes_time_;  // not yet taken by a frame
    std::optional<Duration> time_;      // of the frame in hand, or of the next
};

}  // namespace outrider::probes
