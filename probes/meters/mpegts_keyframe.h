// Whether a coded picture of an older codec is one that decoding can begin with, by the first bytes of its elementary
// stream. Sources: ITU-T H.262 6.3.9, ISO/IEC 14496-2 6.3.5; for access units H.264 and H.265 7.4.1.2.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "probes/meters/mpegts_sections.h"

namespace outrider::probes {

/// Looks for the first picture header behind the start codes, through at most 8 KiB: I pictures of MPEG-2 and MPEG-4
/// part
/// 2. AccessUnitScan does it for H.264 and HEVC.
class KeyframeScan {
public:
    explicit KeyframeScan(TsCodec codec) : codec_(codec) {}

    void begin() noexcept { *this = KeyframeScan{codec_}; }
    void feed(std::span<const std::uint8_t> bytes);
    /// Whether more bytes of this picture would tell nothing more.
    [[nodiscard]] bool done() const noexcept { return left_ == 0; }
    [[nodiscard]] bool keyframe() const noexcept { return keyframe_; }

private:
    void on_byte(std::uint8_t byte);
    void conclude(bool keyframe) noexcept;

    static constexpr std::size_t kBudget = 8192;

    TsCodec codec_;
    std::size_t left_ = kBudget;
    std::uint32_t window_ = 0xFFFFFFFFU;  // the last four bytes
    std::uint8_t in_picture_ = 0;         // bytes seen of a picture header that lies deeper than its start code
    bool keyframe_ = false;
};

/// Whether `payload` begins with what an access unit begins with, so that a PES packet without a time stamp is told
/// from the continuation of the one before. True for codecs where that cannot be told.
[[nodiscard]] bool begins_access_unit(TsCodec codec, std::span<const std::uint8_t> payload);

}  // namespace outrider::probes
