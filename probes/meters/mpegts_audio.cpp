#include "probes/meters/mpegts_audio.h"

#include <algorithm>

namespace outrider::probes {
namespace {

using Head = std::span<const std::uint8_t>;

constexpr Duration samples(std::int64_t count, std::int64_t rate) { return Duration{count * 1'000'000'000 / rate}; }

// ISO/IEC 14496-3 table 1.18
constexpr std::array<std::int64_t, 13> kAacRates{96000, 88200, 64000, 48000, 44100, 32000, 24000,
                                                 22050, 16000, 12000, 11025, 8000,  7350};

/// syncword 12, ID 1, layer 2, protection 1 | profile 2, rate 4, … | …, frame_length 13 …, blocks 2
FrameStart read_adts(Head head, AudioFrame& frame) {
    if (head[0] != 0xFF) return FrameStart::none;
    if (head.size() < 2) return FrameStart::need_more;
    if ((head[1] & 0xF6) != 0xF0) return FrameStart::none;
    if (head.size() < 7) return FrameStart::need_more;
    const auto rate = static_cast<std::size_t>((head[2] >> 2) & 0x0F);
    const auto size = static_cast<std::uint32_t>(((head[3] & 0x03) << 11) | (head[4] << 3) | (head[5] >> 5));
    if (rate >= kAacRates.size() || size < 7) return FrameStart::none;
    frame = {.wrapping = 0, .size = size, .duration = samples(1024 * ((head[6] & 0x03) + 1), kAacRates[rate])};
    return FrameStart::found;
}

/// useSameStreamMux 1 (0 here), audioMuxVersion 1 (0: the rest is fixed), sameTimeFraming 1, subframes 6, programs 4,
/// layers 3, then AudioSpecificConfig: object type 5, rate 4.
std::optional<Duration> latm_duration(std::span<const std::uint8_t, 4> config) {
    const int object_type = config[2] >> 3;
    const auto rate = static_cast<std::size_t>(((config[2] & 0x07) << 1) | (config[3] >> 7));
    constexpr int kEscaped = 31;  // the rate lies elsewhere
    if ((config[0] & 0x40) != 0 || object_type == kEscaped || rate >= kAacRates.size()) return std::nullopt;
    const int subframes = (((config[0] & 0x1F) << 1) | (config[1] >> 7)) + 1;
    return samples(1024 * subframes, kAacRates[rate]);
}

/// syncword 11, length 13 | AudioMuxElement: useSameStreamMux 1, then StreamMuxConfig when that is 0
FrameStart read_latm(Head head, AudioFrame& frame, std::optional<Duration>& remembered) {
    if (head[0] != 0x56) return FrameStart::none;
    if (head.size() < 2) return FrameStart::need_more;
    if ((head[1] & 0xE0) != 0xE0) return FrameStart::none;
    if (head.size() < 3) return FrameStart::need_more;
    const auto length = static_cast<std::uint32_t>(((head[1] & 0x1F) << 8) | head[2]);
    if (length == 0) return FrameStart::none;
    constexpr std::size_t kWithConfig = 7;
    if (head.size() < std::min<std::size_t>(kWithConfig, length + 3)) return FrameStart::need_more;
    if (head.size() >= kWithConfig && (head[3] & 0x80) == 0) remembered = latm_duration(head.subspan<3, 4>());
    frame = {.wrapping = 0, .size = length + 3, .duration = remembered};
    return FrameStart::found;
}

constexpr std::array<std::int64_t, 3> kAc3Rates{48000, 44100, 32000};

/// syncword 16 | crc 16 | fscod 2, frmsizecod 6 | bsid 5 …          AC-3, bsid up to 10
/// syncword 16 | type 2, id 3, frmsiz 11 | fscod 2, numblkscod 2 …  E-AC-3, bsid 11 to 16
FrameStart read_ac3(Head head, AudioFrame& frame) {
    if (head[0] != 0x0B) return FrameStart::none;
    if (head.size() < 2) return FrameStart::need_more;
    if (head[1] != 0x77) return FrameStart::none;
    if (head.size() < 6) return FrameStart::need_more;
    const int bsid = head[5] >> 3;
    const auto rate = static_cast<std::size_t>(head[4] >> 6);
    if (bsid <= 10) {
        constexpr std::array<std::uint32_t, 19> kbits{32,  40,  48,  56,  64,  80,  96,  112, 128, 160,
                                                      192, 224, 256, 320, 384, 448, 512, 576, 640};
        const auto code = static_cast<std::uint32_t>(head[4] & 0x3F);
        if (rate >= kAc3Rates.size() || code / 2 >= kbits.size()) return FrameStart::none;
        // Table 4.13 in 16-bit words: 1536 samples at that bit rate; at 44.1 kHz rounded down, and up with odd codes.
        const auto words =
            static_cast<std::uint32_t>(kbits[code / 2] * 96'000 / kAc3Rates[rate]) + (rate == 1 ? code & 1 : 0);
        const int halvings = std::max(bsid, 8) - 8;  // bsid 9 and 10: half and quarter rates
        frame = {.wrapping = 0, .size = words * 2, .duration = samples(1536 << halvings, kAc3Rates[rate])};
        return FrameStart::found;
    }
    if (bsid > 16) return FrameStart::none;
    const auto size = static_cast<std::uint32_t>((((head[2] & 0x07) << 8) | head[3]) + 1) * 2;
    if (size < 6) return FrameStart::none;
    std::int64_t blocks = 6;
    std::int64_t hertz = 0;
    const auto second = static_cast<std::size_t>((head[4] >> 4) & 0x03);
    if (rate == 3) {  // reduced rates, always six blocks
        if (second == 3) return FrameStart::none;
        hertz = kAc3Rates[second] / 2;
    } else {
        constexpr std::array<std::int64_t, 4> block_counts{1, 2, 3, 6};
        blocks = block_counts[second];
        hertz = kAc3Rates[rate];
    }
    frame = {.wrapping = 0, .size = size, .duration = samples(256 * blocks, hertz)};
    return FrameStart::found;
}

/// syncword 11, version 2, layer 2, protection 1 | bit rate 4, rate 2, padding 1 …
FrameStart read_mpeg_audio(Head head, AudioFrame& frame) {
    if (head[0] != 0xFF) return FrameStart::none;
    if (head.size() < 2) return FrameStart::need_more;
    const int version = (head[1] >> 3) & 0x03;  // 3: MPEG-1, 2: MPEG-2, 0: 2.5
    const int layer = 4 - ((head[1] >> 1) & 0x03);
    if ((head[1] & 0xE0) != 0xE0 || version == 1 || layer == 4) return FrameStart::none;
    if (head.size() < 4) return FrameStart::need_more;
    constexpr std::array<std::array<std::uint16_t, 15>, 5> kbits{{
        {0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448},  // MPEG-1 layer 1
        {0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384},     // layer 2
        {0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320},      // layer 3
        {0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256},     // MPEG-2 layer 1
        {0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160},          // layers 2 and 3
    }};
    constexpr std::array<std::int64_t, 3> rates{44100, 48000, 32000};
    const auto rate_code = static_cast<std::size_t>((head[2] >> 2) & 0x03);
    const auto bit_code = static_cast<std::size_t>(head[2] >> 4);
    if (rate_code == 3 || bit_code == 0 || bit_code == 15) return FrameStart::none;  // 0: free format, no size
    const auto hertz = rates[rate_code] >> (version == 3 ? 0 : version == 2 ? 1 : 2);
    const auto row = static_cast<std::size_t>(version == 3 ? layer - 1 : layer == 1 ? 3 : 4);
    const std::int64_t count = layer == 1 ? 384 : layer == 3 && version != 3 ? 576 : 1152;
    const std::int64_t slot = layer == 1 ? 4 : 1;
    const auto padding = static_cast<std::int64_t>((head[2] >> 1) & 1);
    const auto slots = count / 8 / slot * 1000 * kbits[row][bit_code] / hertz + padding;
    frame = {.wrapping = 0, .size = static_cast<std::uint32_t>(slots * slot), .duration = samples(count, hertz)};
    return FrameStart::found;
}

/// Table of contents byte, RFC 6716 3.1: configuration 5, stereo 1, frame count code 2.
std::optional<Duration> opus_duration(Head packet) {
    constexpr std::array<int, 4> silk_us{10'000, 20'000, 40'000, 60'000};
    constexpr std::array<int, 2> hybrid_us{10'000, 20'000};
    constexpr std::array<int, 4> celt_us{2'500, 5'000, 10'000, 20'000};
    const auto config = static_cast<std::size_t>(packet[0] >> 3);
    const int each = config < 12 ? silk_us[config % 4] : config < 16 ? hybrid_us[config % 2] : celt_us[config % 4];
    const int code = packet[0] & 0x03;
    if (code == 3 && packet.size() < 2) return std::nullopt;
    const int frames = code == 0 ? 1 : code == 3 ? packet[1] & 0x3F : 2;
    if (frames == 0) return std::nullopt;  // malformed, 3.2.5; a unit does not last 0 seconds
    return std::chrono::microseconds{each * frames};
}

/// prefix 11 (0x3FF), start trim 1, end trim 1, extension 1, reserved 2 | size: bytes summed up to one below 255
/// | start trim 16 | end trim 16 | extension: length 8, bytes | the Opus packet
FrameStart read_opus(Head head, AudioFrame& frame) {
    if (head[0] != 0x7F) return FrameStart::none;
    if (head.size() < 2) return FrameStart::need_more;
    if ((head[1] & 0xE0) != 0xE0) return FrameStart::none;
    const auto limit = head.size() < AudioFrameReader::kMaxHeader ? FrameStart::need_more : FrameStart::none;
    std::size_t at = 2;
    std::uint32_t size = 0;
    while (true) {
        if (at >= head.size()) return limit;
        size += head[at];
        if (head[at++] != 0xFF) break;
    }
    at += ((head[1] & 0x10) != 0 ? 2U : 0U) + ((head[1] & 0x08) != 0 ? 2U : 0U);
    if ((head[1] & 0x04) != 0) {
        if (at >= head.size()) return limit;
        at += 1U + head[at];
    }
    if (size == 0) return FrameStart::none;
    const auto known = at + std::min<std::uint32_t>(size, 2);  // the bytes that say how long it plays
    if (known > head.size() && known <= AudioFrameReader::kMaxHeader) return FrameStart::need_more;
    frame = {.wrapping = static_cast<std::uint32_t>(at), .size = size, .duration = std::nullopt};
    if (known <= head.size()) frame.duration = opus_duration(head.subspan(at, known - at));
    return FrameStart::found;
}

}  // namespace

FrameStart AudioFrameReader::read(Head head, AudioFrame& frame) {
    if (head.empty()) return FrameStart::need_more;
    switch (codec_) {
        case TsCodec::adts: return read_adts(head, frame);
        case TsCodec::latm: return read_latm(head, frame, latm_duration_);
        case TsCodec::ac3: return read_ac3(head, frame);
        case TsCodec::mpeg_audio: return read_mpeg_audio(head, frame);
        case TsCodec::opus: return read_opus(head, frame);
        case TsCodec::data:
        case TsCodec::mpeg_video:
        case TsCodec::mpeg4_video:
        case TsCodec::h264:
        case TsCodec::hevc:
        case TsCodec::other_video:
        case TsCodec::other_audio: break;
    }
    return FrameStart::none;
}

bool AudioSplitter::splits(TsCodec codec) noexcept { return is_audio(codec) && codec != TsCodec::other_audio; }

void AudioSplitter::pes_begins(std::optional<Duration> pts) {
    skip_pes_ = false;
    if (pts) pes_time_ = pts;
}

void AudioSplitter::damaged() noexcept {
    frame_.reset();
    left_ = 0;
    have_ = 0;
    skip_pes_ = true;
}

void AudioSplitter::feed(Head payload, Instant arrival, MediaUnits& units) {
    if (skip_pes_) return;
    while (!payload.empty()) {
        if (left_ > 0) {
            const auto n = std::min<std::size_t>(left_, payload.size());
            left_ -= static_cast<std::uint32_t>(n);
            payload = payload.subspan(n);
        } else {
            if (have_ == 0 && pes_time_) {
                time_ = pes_time_;
                pes_time_.reset();
            }
            head_[have_++] = payload[0];
            payload = payload.subspan(1);
            AudioFrame frame;
            auto start = reader_.read(Head{head_}.first(have_), frame);
            while (start == FrameStart::none && have_ > 0) {
                drop_first();
                start = reader_.read(Head{head_}.first(have_), frame);
            }
            if (start != FrameStart::found) continue;
            frame_ = frame;
            left_ = frame.wrapping + frame.size - static_cast<std::uint32_t>(have_);
            have_ = 0;
        }
        if (left_ > 0 || !frame_) continue;
        if (time_) {
            units.push_back({.kind = TrackKind::audio,
                             .dts = *time_,
                             .pts = *time_,
                             .duration = frame_->duration,
                             .keyframe = true,
                             .size = frame_->size,
                             .arrival = arrival});
            if (frame_->duration) *time_ += *frame_->duration;
        }
        frame_.reset();
    }
}

void AudioSplitter::drop_first() {
    std::copy(head_.begin() + 1, head_.begin() + static_cast<std::ptrdiff_t>(have_), head_.begin());
    --have_;
}

}  // namespace outrider::probes
