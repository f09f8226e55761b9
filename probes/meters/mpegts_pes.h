// PES packets of one elementary stream: timestamps, and media units. Source: ISO/IEC 13818-1 2.4.3.6 and 2.4.3.7.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "probes/meters/access_unit.h"
#include "probes/meters/media_unit.h"
#include "probes/meters/mpegts_audio.h"
#include "probes/meters/mpegts_keyframe.h"
#include "probes/meters/mpegts_packet.h"
#include "probes/meters/mpegts_sections.h"

namespace outrider::probes {

/// The 33-bit, 90 kHz timestamps of one program as one line that goes on through their wrap after 26.5 hours. All its
/// tracks share it, so that one that wraps first stays beside the others.
class TsTimeline {
public:
    struct Times {
        Duration dts{};
        Duration pts{};
    };
    Times place(std::uint64_t dts, std::uint64_t pts);

private:
    std::optional<std::int64_t> last_ticks_;
};

/// Turns the packets of one video or audio PID into units. Constant memory.
///
/// Video: a PES packet that bears a PTS is a unit. One without goes on with the unit before, unless it begins as an
/// access unit does; then its time is guessed from the step before. Where a PES packet holds several access units they
/// are one unit. Audio with frame headers: a frame is a unit (see AudioSplitter); other audio: as video.
class PesReader {
public:
    explicit PesReader(TsCodec codec);

    /// Appends the units that this packet completed. A PES packet of unstated length is completed by the start of the
    /// next; the unit's arrival is when its last byte came all the same. `damaged`: packets are missing before this
    /// one.
    void feed(const TsPacket& packet, bool damaged, Instant arrival, TsTimeline& timeline, MediaUnits& units);

    /// The same for packets that go on in order with payload alone (ContinuityTrack::check_run).
    void feed_run(TsPackets packets, Instant arrival, TsTimeline& timeline, MediaUnits& units);

    /// No more will come: appends the unit in hand.
    void flush(MediaUnits& units);

    [[nodiscard]] TsCodec codec() const noexcept { return codec_; }

private:
    enum class State : std::uint8_t { idle, header, optional_header, payload };
    using Bytes = std::span<const std::uint8_t>;

    void on_payload(Bytes bytes, Instant arrival, TsTimeline& timeline, MediaUnits& units);
    [[nodiscard]] bool pass_over(std::size_t payload, Instant arrival);
    void grow_unit(std::size_t payload, Instant arrival);
    [[nodiscard]] Bytes read_header(Bytes bytes, TsTimeline& timeline, MediaUnits& units);
    [[nodiscard]] bool on_fixed_header();
    void on_header(Bytes payload, TsTimeline& timeline, MediaUnits& units);
    void open_unit(const TsTimeline::Times& times);
    void take_payload(Bytes bytes, Instant arrival, MediaUnits& units);
    void finish_unit(MediaUnits& units);

    TsCodec codec_;
    KeyframeScan scan_;
    AccessUnitScan picture_;  // H.264 and HEVC
    bool unit_damaged_ = false;
    std::optional<AudioSplitter> splitter_;
    State state_ = State::idle;
    bool random_access_ = false;
    std::array<std::uint8_t, 19> header_{};  // fixed part, PTS, DTS
    std::size_t have_ = 0;
    std::size_t want_ = 0;
    std::size_t skip_ = 0;                      // rest of the header, of no interest
    std::optional<std::uint32_t> stated_left_;  // payload still to come; nullopt: until the next begins
    std::optional<MediaUnit> unit_;
    std::optional<Duration> last_dts_;
    Duration last_step_{};
};

/// Whether a PES packet begins in `payload` and bears a presentation timestamp.
[[nodiscard]] constexpr bool bears_pts(std::span<const std::uint8_t> payload) noexcept {
    return payload.size() >= 9 && payload[0] == 0 && payload[1] == 0 && payload[2] == 1 &&
           (payload[6] & 0xC0) == 0x80 && (payload[7] & 0x80) != 0;
}

}  // namespace outrider::probes
