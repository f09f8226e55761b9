// Reads an FLV byte stream as it arrives: headers are parsed, payload is skipped but for the beginning of pictures.
// Source: Adobe "Video File Format Specification" 10.1, annex E; Veovera "Enhanced RTMP" v2 for FourCC codecs.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "probes/meters/access_unit.h"
#include "probes/meters/media_unit.h"
#include "probes/meters/on_fi.h"

namespace outrider::probes {

/// Feed it the bytes of one connection in order. Memory is constant whatever the stream claims; a tag may be up to
/// 16 MiB, as its 24-bit size allows. Script tags and codec configuration are no units. The time of a script tag onFI
/// goes with the unit behind it. After an error it takes nothing more.
class FlvMeter {
public:
    /// Appends the units that `bytes` completed; all of them get `arrival`. False once the stream is not FLV.
    bool feed(std::span<const std::byte> bytes, Instant arrival, MediaUnits& units);

    /// What was wrong, where: "byte 5012: want tag type 8, 9 or 18, got 77"; empty while all is well.
    [[nodiscard]] const std::string& error() const noexcept { return error_; }

    /// Bytes consumed so far.
    [[nodiscard]] std::uint64_t position() const noexcept { return position_; }

private:
    enum class State : std::uint8_t { file_header, previous_size, tag_header, tag_head, tag_rest };

    bool on_field(Instant arrival, MediaUnits& units);
    bool on_file_header();
    bool on_tag_header();
    void on_tag_head();
    void read_video();
    void read_video_configuration(std::size_t header);
    void read_audio();
    void look(std::span<const std::uint8_t> bytes);
    void finish_tag(Instant arrival, MediaUnits& units);
    [[nodiscard]] std::int64_t unwrap(std::uint32_t timestamp_ms);
    bool fail(const std::string& what);
    void expect(State state, std::size_t bytes);

    State state_ = State::file_header;
    std::array<std::uint8_t, 32> field_{};  // the header being gathered; of a tag, more of it than any header
    std::size_t have_ = 0;
    std::size_t want_ = 9;
    std::uint32_t skip_ = 0;  // payload bytes, or unknown header bytes, still to pass over
    std::uint8_t tag_type_ = 0;
    std::uint32_t tag_size_ = 0;
    std::uint32_t tag_timestamp_ms_ = 0;
    std::optional<MediaUnit> unit_;  // what this tag will be once it is whole
    enum class Use : std::uint8_t { none, picture, configuration, script };
    Use use_ = Use::none;  // of the payload being skipped
    NalFormat nals_;
    AccessUnitScan scan_;
    FormatHash configuration_;  // being gathered
    std::optional<FormatHash> video_format_;
    std::optional<FormatHash> audio_format_;
    OnFiReader script_;
    struct ScriptClock {
        Instant wall{};
        Duration at{};  // on the timeline of the units
    };
    std::optional<ScriptClock> script_clock_;  // to go with the next unit
    std::optional<Duration> audio_frame_;
    std::optional<std::int64_t> last_ms_;
    std::uint64_t position_ = 0;
    std::string error_;
};

}  // namespace outrider::probes
