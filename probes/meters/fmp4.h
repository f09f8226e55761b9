// Reads fragmented MP4 (CMAF) as it arrives: boxes are parsed, media data is passed over but for the
// beginning of pictures.
// Source: ISO/IEC 14496-12 (boxes), 8.8 (fragments), 8.16.5 (prft); ISO/IEC 23009-1 5.10.3.3 (emsg).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "probes/meters/access_unit.h"
#include "probes/meters/fmp4_samples.h"
#include "probes/meters/fmp4_tracks.h"
#include "probes/meters/media_unit.h"

namespace outrider::probes {

/// prft: at `wall` by its producer's clock the media at `media` was made.
struct ProducerTime {
    Instant wall{};
    Duration media{};  ///< decode time on the timeline of the units
    TrackKind kind = TrackKind::video;
    friend bool operator==(const ProducerTime&, const ProducerTime&) = default;
};

/// Feed it the initialisation section, then segments, each after `begin_resource`. Units are the samples of the first
/// video and the first audio track, each out when its last byte is in. Memory is bounded whatever sizes are claimed.
/// After an error it takes nothing more.
class Fmp4Meter {
public:
    Fmp4Meter() = default;
    Fmp4Meter(Fmp4Meter&&) noexcept = default;  // `fragment_` points into the tracks, which keep their place
    Fmp4Meter& operator=(Fmp4Meter&&) noexcept = default;

    /// Appends the units that `bytes` completed; all of them get `arrival`. False once the bytes are not fMP4.
    bool feed(std::span<const std::byte> bytes, Instant arrival, MediaUnits& units);

    /// Another file begins, or, at `offset`, another part of one. What was cut short is given up; tracks stay known.
    void begin_resource(std::uint64_t offset = 0);

    /// What was wrong, where: "byte 812: trun: want ..., got ..."; empty while all is well.
    [[nodiscard]] const std::string& error() const noexcept { return error_; }
    /// In the current file.
    [[nodiscard]] std::uint64_t position() const noexcept { return position_; }
    /// Tracks of the newest initialisation section.
    [[nodiscard]] std::span<const Fmp4Track> tracks() const noexcept { return tracks_.all(); }
    /// The newest producer reference time of a track that is played.
    [[nodiscard]] const std::optional<ProducerTime>& producer_time() const noexcept { return producer_time_; }
    /// Event messages so far.
    [[nodiscard]] std::uint64_t events() const noexcept { return events_; }
    /// Scheme of the newest event message, cut at 64 bytes; empty before the first.
    [[nodiscard]] const std::string& event_scheme() const noexcept { return event_scheme_; }

private:
    enum class State : std::uint8_t { header, large_size, leaf, run_entry };
    struct OpenBox {
        std::uint32_t type = 0;
        std::uint64_t end = 0;
    };
    /// The track fragment being read.
    struct Fragment {
        Fmp4Track* track = nullptr;  ///< nullptr: not played, its samples are passed over
        SampleDefaults defaults;
        std::uint64_t base = 0;       ///< position that data offsets count from
        std::uint64_t next_data = 0;  ///< where a run without data offset begins
    };
    /// The trun being read.
    struct Run {
        std::uint32_t flags = 0;
        std::uint32_t left = 0;  ///< samples
        std::optional<std::uint32_t> first_flags;
    };

    bool on_field();
    bool on_header();
    bool on_large_size();
    bool open_box(std::uint32_t type, std::uint64_t size);
    bool open_container(std::uint32_t type);
    bool on_leaf();
    bool on_tfhd(std::span<const std::uint8_t> bytes);
    bool on_tfdt(std::span<const std::uint8_t> bytes);
    bool on_run(std::span<const std::uint8_t> bytes);
    bool on_run_entry(std::span<const std::uint8_t> bytes);
    bool add_sample(std::uint32_t duration, std::uint32_t size, std::uint32_t flags, std::int64_t composition);
    bool on_prft(std::span<const std::uint8_t> bytes);
    void on_emsg(std::span<const std::uint8_t> bytes);
    [[nodiscard]] std::size_t look(std::span<const std::byte> media);
    bool close_boxes();
    bool close(std::uint32_t type);
    void expect(State state, std::size_t bytes);
    bool skip_rest();
    [[nodiscard]] std::uint32_t parent() const noexcept { return depth_ > 0 ? open_[depth_ - 1].type : 0; }
    bool fail(std::string_view what);

    State state_ = State::header;
    std::array<std::uint8_t, 256> field_{};  // the header, or the beginning of the leaf, being gathered
    std::size_t have_ = 0;
    std::size_t want_ = 8;
    std::uint64_t skip_ = 0;  // bytes still to pass over
    std::array<OpenBox, 8> open_{};
    std::size_t depth_ = 0;
    OpenBox box_;  // the one being read
    std::uint64_t box_begin_ = 0;
    bool first_box_ = true;  // of this resource
    std::uint64_t position_ = 0;
    std::uint64_t received_ = 0;  // bytes of all files
    std::uint64_t moof_begin_ = 0;
    std::uint64_t data_end_ = 0;  // of the last run: where a fragment without base goes on
    Fragment fragment_;
    Run run_;
    Fmp4Tracks tracks_;
    PendingSamples samples_;
    NalFormat video_nals_;
    AccessUnitScan scan_;
    std::optional<std::uint64_t> scanned_;  // order of the sample that the scan is of
    std::optional<ProducerTime> producer_time_;
    std::uint64_t events_ = 0;
    std::string event_scheme_;
    std::string error_;
};

}  // namespace outrider::probes
