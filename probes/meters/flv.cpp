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
            if (hashing_) fingerprint_.add(bytes.first(n));
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
    if (tag_type_ == kScriptTag) {
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
    begin_fingerprint();
    skip_ = tag_size_ - static_cast<std::uint32_t>(have_);
    state_ = State::tag_rest;
}

/// Of the payload alone: the bytes before it hold composition times, which a server may rewrite.
void FlvMeter::begin_fingerprint() {
    hashing_ = unit_ && unit_->kind == TrackKind::video && unit_->keyframe;
    if (!hashing_) return;
    fingerprint_ = {};
    const auto header = tag_size_ - unit_->size;
    if (header < have_) fingerprint_.add(std::as_bytes(std::span{field_}.subspan(header, have_ - header)));
}

void FlvMeter::read_video() {
    std::size_t header = 1;
    std::int32_t composition_ms = 0;
    const bool enhanced = (field_[0] & 0x80) != 0;
    const int frame_type = (field_[0] >> 4) & 0x7;
    if (frame_type == 5) return;  // a command to the player, not a picture
    if (enhanced) {
        const int packet_type = field_[0] & 0x0F;
        if (packet_type != 1 && packet_type != 3) return;  // configuration, end of sequence, metadata
        header = 5;
        if (have_ < header) return;
        const auto codec = big_endian(&field_[1], 4);
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
            if (have_ < header || field_[1] != 1) return;
            composition_ms = signed24(big_endian(&field_[2], 3));
        } else if (codec == 4 || codec == 5) {  // VP6 carries one byte of size adjustment
            header = 2;
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
}

void FlvMeter::read_audio() {
    std::size_t header = 1;
    const int format = field_[0] >> 4;
    if (format == 10) {
        if (have_ < 2) return;
        header = 2;
        if (field_[1] == 0) {
            audio_frame_ = aac_frame_duration(&field_[2], have_ - 2);
            return;
        }
    } else if (format == 9) {  // enhanced: packet type and FourCC
        const int packet_type = field_[0] & 0x0F;
        header = 5;
        if (packet_type != 1 || have_ < header) return;
        audio_frame_.reset();
    } else {
        audio_frame_.reset();
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
    if (unit_) {
        unit_->arrival = arrival;
        if (hashing_) unit_->fingerprint = fingerprint_.value();
        units.push_back(*unit_);
        unit_.reset();
        hashing_ = false;
    }
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
