#include "probes/meters/mpegts_keyframe.h"

namespace outrider::probes {
namespace {

constexpr int h264_type(std::uint8_t nal) { return nal & 0x1F; }
constexpr int hevc_type(std::uint8_t nal) { return (nal >> 1) & 0x3F; }

}  // namespace

void KeyframeScan::feed(std::span<const std::uint8_t> bytes) {
    for (const auto byte : bytes) {
        if (left_ == 0) return;
        --left_;
        on_byte(byte);
    }
}

void KeyframeScan::on_byte(std::uint8_t byte) {
    const bool after_start_code = (window_ & 0x00FFFFFFU) == 0x000001U;
    window_ = (window_ << 8) | byte;
    switch (codec_) {
        case TsCodec::mpeg_video:  // start code 00, temporal_reference 10, picture_coding_type 3: 1 is I
            if (in_picture_ == 2) return conclude(((byte >> 3) & 0x07) == 1);
            if (in_picture_ == 1 || (after_start_code && byte == 0x00)) ++in_picture_;
            return;
        case TsCodec::mpeg4_video:  // start code B6, vop_coding_type 2: 0 is I
            if (in_picture_ == 1) return conclude((byte >> 6) == 0);
            if (after_start_code && byte == 0xB6) ++in_picture_;
            return;
        case TsCodec::h264:
        case TsCodec::hevc:
        case TsCodec::data:
        case TsCodec::other_video:
        case TsCodec::adts:
        case TsCodec::latm:
        case TsCodec::ac3:
        case TsCodec::mpeg_audio:
        case TsCodec::opus:
        case TsCodec::other_audio: left_ = 0; return;
    }
}

void KeyframeScan::conclude(bool keyframe) noexcept {
    keyframe_ = keyframe;
    left_ = 0;
}

bool begins_access_unit(TsCodec codec, std::span<const std::uint8_t> payload) {
    if (codec != TsCodec::h264 && codec != TsCodec::hevc && codec != TsCodec::mpeg_video) return true;
    std::size_t zeros = 0;
    while (zeros < payload.size() && zeros < 3 && payload[zeros] == 0) ++zeros;
    if (zeros < 2 || payload.size() < zeros + 2 || payload[zeros] != 1) return false;
    const auto code = payload[zeros + 1];
    if (codec == TsCodec::h264) return h264_type(code) >= 6 && h264_type(code) <= 9;  // SEI, SPS, PPS, delimiter
    if (codec == TsCodec::hevc)
        return (hevc_type(code) >= 32 && hevc_type(code) <= 35) || hevc_type(code) == 39;  // the same, and VPS
    return code == 0x00 || code == 0xB3 || code == 0xB8;  // picture, sequence, group of pictures
}

}  // namespace outrider::probes
