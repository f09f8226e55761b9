#include "probes/meters/flv.h"

#include <algorithm>
#include <cstdlib>

namespace outrider::probes {
namespace {

constexpr std::uint8_t kAudioTag = 8;
constexpr std::uint8_t kVideoTag = 9;
constexpr std::uint8_t kScriptTag = 18;
// Thirty years: nanoseconds still fit, and so do sums of two of them.
constexpr std::int64_t kLongestTimelineMs = 1'000'000'000'000;

constexpr std::uint32_t big_endian(const std::uint8_t* at, int bytes) {
    std::uint32_t value = 0;
    for (int i = 0; i < bytes; ++i) value = (value << 8) | at[i];
    return value;
}

constexpr std::uint32_t fourcc(const char (&text)[5]) {
    return (std::uint32_t(text[0]) << 24) | (std::uint32_t(text[1]) << 16) | (std::uint32_t(text[2]) << 8) |
           std::uint32_t(text[3]);
}

/// Composition times are signed 24-bit milliseconds.
constexpr std::int32_t signed24(std::uint32_t value) {
    return (value & 0x800000U) ? static_cast<std::int32_t>(value) - 0x1000000 : static_cast<std::int32_t>(value);
}

constexpr Duration milliseconds(std::int64_t ms) { return std::chrono::milliseconds{ms}; }

/// AudioSpecificConfig: ISO/IEC 14496-3 1.6.2.1, five bits of object type, four of frequency index.
std::optional<Duration> aac_frame_duration(const std::uint8_t* config, std::size_t size) {
    constexpr std::array<std::int64_t, 13> rates{96000, 88200, 64000, 48000, 44100, 32000, 24000,
                                                 22050, 16000, 12000, 11025, 8000,  7350};
    if (size < 2) return std::nullopt;
    const auto index = static_cast<std::size_t>(((config[0] & 0x07) << 1) | (config[1] >> 7));
    if (index >= rates.size()) return std::nullopt;
    return Duration{1024 * 1'000'000'000LL / rates[index]};
}

}  // namespace

bool FlvMeter::feed(std::span<const std::byte> bytes, Instant arrival, MediaUnits& units) {
    if (!error_.empty()) return false;
    while (!bytes.empty()) {
        if (skip_ > 0) {
            const auto n = std::min<std::size_t>(skip_, bytes.size());
            if (use_ != Use::none) look({reinterpret_cast<const std::uint8_t*>(bytes.data()), n});
            skip_ -= static_cast<std::uint32_t>(n);
            position_ += n;
            bytes = bytes.subspan(n);
            if (skip_ == 0 && state_ == State::tag_rest) finish_tag(arrival, units);
            continue;
        }
        const auto n = std::min(want_ - have_, bytes.size());
        std::ranges::transform(bytes.first(n), field_.begin() + static_cast<std::ptrdiff_t>(have_),
                               [](std::byte b) { return static_cast<std::uint8_t>(b); });
        have_ += n;
        position_ += n;
        bytes = bytes.subspan(n);
        if (have_ == want_ && !on_field(arrival, units)) return false;
    }
    return true;
}

void FlvMeter::expect(State state, std::size_t bytes) {
    state_ = state;
    want_ = bytes;
    have_ = 0;
}

// file_header -> previous_size -> tag_header -> tag_head -> tag_rest -> previous_size -> …
// e.g. a 500-byte video tag: 11 bytes of tag header, 16 bytes looked at, 484 skipped, unit out, 4 bytes previous size.
bool FlvMeter::on_field(Instant arrival, MediaUnits& units) {
    switch (state_) {
        case State::file_header: return on_file_header();
        case State::previous_size: expect(State::tag_header, 11); return true;
        case State::tag_header:
            if (!on_tag_header()) return false;
            if (tag_size_ == 0) finish_tag(arrival, units);
            return true;
        case State::tag_head:
            on_tag_head();
            if (skip_ == 0) finish_tag(arrival, units);
            return true;
        case State::tag_rest: return true;  // only ever left through skip_
    }
    return true;
}

bool FlvMeter::on_file_header() {
    if (field_[0] != 'F' || field_[1] != 'L' || field_[2] != 'V') return fail("want the signature FLV at byte 0");
    const auto header_size = big_endian(&field_[5], 4);
    if (header_size < 9 || header_size > 4096)
        return fail("want a header size of 9 to 4096, got " + std::to_string(header_size));
    skip_ = header_size - 9;
    expect(State::previous_size, 4);
    return true;
}

bool FlvMeter::on_tag_header() {
    // Bit 5 marks an encrypted tag: its first bytes are still the plain ones that we read.
    tag_type_ = field_[0] & 0x1F;
    if (tag_type_ != kAudioTag && tag_type_ != kVideoTag && tag_type_ != kScriptTag)
        return fail("want tag type 8, 9 or 18, got " + std::to_string(field_[0]));
    tag_size_ = big_endian(&field_[1], 3);
    tag_timestamp_ms_ = big_endian(&field_[4], 3) | (std::uint32_t{field_[7]} << 24);
    unit_.reset();
    use_ = Use::none;
    if (tag_type_ == kScriptTag) {
        use_ = Use::script;
        script_.begin();
        state_ = State::tag_rest;
        skip_ = tag_size_;
        have_ = want_ = 0;
        return true;
    }
    expect(State::tag_head, std::min<std::size_t>(tag_size_, field_.size()));
    return true;
}

void FlvMeter::on_tag_head() {
    if (tag_type_ == kVideoTag) {
        read_video();
    } else {
        read_audio();
    }
    skip_ = tag_size_ - static_cast<std::uint32_t>(have_);
    state_ = State::tag_rest;
    if (use_ != Use::picture) return;
    const auto header = tag_size_ - unit_->size;
    if (header < have_) look(std::span{field_}.subspan(header, have_ - header));
}

/// Payload, but not the bytes before it: those of a picture hold composition times, which a server may rewrite.
void FlvMeter::look(std::span<const std::uint8_t> bytes) {
    switch (use_) {
        case Use::none: return;
        case Use::picture: scan_.feed(bytes); return;
        case Use::configuration: configuration_.add(bytes); return;
        case Use::script: script_.feed(bytes); return;
    }
}

/// AVCDecoderConfigurationRecord and HEVCDecoderConfigurationRecord, ISO/IEC 14496-15 5.3.3.1 and 8.3.3.1: the size of
/// the length fields lies in their byte 4 and 21.
void FlvMeter::read_video_configuration(std::size_t header) {
    const std::size_t at = header + (nals_.coding == VideoCoding::hevc ? 21 : 4);
    nals_.length_size = at < have_ ? static_cast<std::uint8_t>((field_[at] & 0x03) + 1) : std::uint8_t{4};
    use_ = Use::configuration;
    configuration_ = {};
    configuration_.add(std::span{field_}.first(have_));
}

void FlvMeter::read_video() {
    std::size_t header = 1;
    std::int32_t composition_ms = 0;
    const bool enhanced = (field_[0] & 0x80) != 0;
    const int frame_type = (field_[0] >> 4) & 0x7;
    if (frame_type == 5) return;  // a command to the player, not a picture
    if (enhanced) {
        const int packet_type = field_[0] & 0x0F;
        header = 5;
        if (have_ < header) return;
        const auto codec = big_endian(&field_[1], 4);
        nals_.coding = codec == fourcc("avc1")   ? VideoCoding::h264
                       : codec == fourcc("hvc1") ? VideoCoding::hevc
                                                 : VideoCoding::other;
        if (packet_type == 0) read_video_configuration(header);
        if (packet_type != 1 && packet_type != 3) return;  // configuration, end of sequence, metadata
        const bool has_composition = codec == fourcc("avc1") || codec == fourcc("hvc1") || codec == fourcc("vvc1");
        if (packet_type == 1 && has_composition) {
            header = 8;
            if (have_ < header) return;
            composition_ms = signed24(big_endian(&field_[5], 3));
        }
    } else {
        const int codec = field_[0] & 0x0F;
        if (codec == 7 || codec == 12) {  // AVC; 12 is HEVC by a convention of Asian CDNs
            header = 5;
            nals_.coding = codec == 7 ? VideoCoding::h264 : VideoCoding::hevc;
            if (have_ >= header && field_[1] == 0) read_video_configuration(header);
            if (have_ < header || field_[1] != 1) return;
            composition_ms = signed24(big_endian(&field_[2], 3));
        } else {
            nals_.coding = VideoCoding::other;
            if (codec == 4 || codec == 5) header = 2;  // VP6 carries one byte of size adjustment
            video_format_.emplace().add(static_cast<std::uint8_t>(codec));
        }
    }
    if (tag_size_ <= header) return;
    const auto ms = unwrap(tag_timestamp_ms_);
    unit_ = MediaUnit{.kind = TrackKind::video,
                      .dts = milliseconds(ms),
                      .pts = milliseconds(ms + composition_ms),
                      .duration = std::nullopt,
                      .keyframe = frame_type == 1,
                      .size = tag_size_ - static_cast<std::uint32_t>(header),
                      .arrival = {}};
    use_ = Use::picture;
    scan_.begin(nals_, unit_->keyframe);
}

void FlvMeter::read_audio() {
    std::size_t header = 1;
    const int format = field_[0] >> 4;
    if (format == 10) {
        if (have_ < 2) return;
        header = 2;
        if (field_[1] == 0) {
            audio_frame_ = aac_frame_duration(&field_[2], have_ - 2);
            audio_format_.emplace().add(std::span{field_}.first(have_));
            return;
        }
    } else if (format == 9) {  // enhanced: packet type and FourCC
        const int packet_type = field_[0] & 0x0F;
        header = 5;
        if (have_ >= header && packet_type == 0) audio_format_.emplace().add(std::span{field_}.first(have_));
        if (packet_type != 1 || have_ < header) return;
        audio_frame_.reset();
    } else {
        audio_frame_.reset();
        audio_format_.emplace().add(field_[0]);  // format, rate, sample size, channels
    }
    if (tag_size_ <= header) return;
    const auto ms = unwrap(tag_timestamp_ms_);
    unit_ = MediaUnit{.kind = TrackKind::audio,
                      .dts = milliseconds(ms),
                      .pts = milliseconds(ms),
                      .duration = audio_frame_,
                      .keyframe = true,
                      .size = tag_size_ - static_cast<std::uint32_t>(header),
                      .arrival = {}};
}

void FlvMeter::finish_tag(Instant arrival, MediaUnits& units) {
    if (use_ == Use::configuration) video_format_ = configuration_;
    if (use_ == Use::script)
        if (const auto wall = script_.clock()) {
            const auto last = last_ms_;  // of media, which goes on from media
            script_clock_ = ScriptClock{.wall = *wall, .at = milliseconds(unwrap(tag_timestamp_ms_))};
            if (last) last_ms_ = last;
        }
    if (unit_) {
        const bool video = unit_->kind == TrackKind::video;
        unit_->arrival = arrival;
        if (const auto& format = video ? video_format_ : audio_format_) unit_->format = format->value();
        if (video && scan_.clock()) unit_->clock = *scan_.clock();
        if (video && unit_->keyframe) unit_->fingerprint = scan_.fingerprint();
        if (script_clock_ && unit_->clock.method == ClockMethod::none)
            unit_->clock = {.method = ClockMethod::onfi,
                            .wall = script_clock_->wall + (unit_->pts - script_clock_->at)};
        script_clock_.reset();
        units.push_back(*unit_);
        unit_.reset();
    }
    use_ = Use::none;
    expect(State::previous_size, 4);
}

/// Continues 32-bit milliseconds past their wrap after 49.7 days, and the 24-bit ones of servers that leave the
/// extension byte at 0 past theirs after 4.66 hours (the step is then -2^24 ms, give or take a stall of a minute).
std::int64_t FlvMeter::unwrap(std::uint32_t timestamp_ms) {
    if (!last_ms_) {
        last_ms_ = timestamp_ms;
        return *last_ms_;
    }
    std::int64_t step = static_cast<std::int32_t>(timestamp_ms - static_cast<std::uint32_t>(*last_ms_));
    constexpr std::int64_t wrap24 = 1 << 24;
    constexpr std::int64_t tolerance = 60'000;
    if (timestamp_ms < tolerance && step < -(wrap24 - tolerance) && step > -(wrap24 + tolerance)) step += wrap24;
    *last_ms_ += step;
    // Only hostile timestamps get this far, thousands of half wraps in one direction: they begin anew.
    if (std::abs(*last_ms_) > kLongestTimelineMs) last_ms_ = timestamp_ms;
    return *last_ms_;
}

bool FlvMeter::fail(const std::string& what) {
    error_ = "byte " + std::to_string(position_) + ": " + what;
    return false;
}

}  // namespace outrider::probes
