// What the first bytes of a coded picture tell: whether decoding can begin with it, which picture it is, and the time.
// Sources: ITU-T H.264 table 7-1 and annex B, H.265 table 7-1 and annex B, ISO/IEC 14496-15 (length fields).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "probes/meters/fingerprint.h"
#include "probes/meters/format_hash.h"
#include "probes/meters/sei.h"

namespace outrider::probes {

enum class VideoCoding : std::uint8_t { h264, hevc, other };

/// How the pictures of a track lie in its container.
struct NalFormat {
    VideoCoding coding = VideoCoding::other;
    std::uint8_t length_size = 4;  ///< bytes of length before each NAL unit, 1 to 4; 0: start codes instead
};

/// Takes a picture in pieces and looks into as little of it as it can: up to the first slice of a picture that is no
/// keyframe; of a keyframe also the first 64 KiB of slices. The same picture gives the same fingerprint in FLV, fMP4
/// and MPEG-TS, because only slices count, without what stands between them: a server that changes container adds and
/// removes delimiters, parameter sets and messages, but cannot touch slices.
class AccessUnitScan {
public:
    /// A picture begins; `keyframe`: the container says that it is one.
    void begin(NalFormat format, bool keyframe);
    void feed(std::span<const std::uint8_t> bytes) {
        if (!done_ && !bytes.empty()) look(bytes);
    }

    /// Whether more bytes of this picture would tell nothing more.
    [[nodiscard]] bool done() const noexcept { return done_; }
    /// By its first slice: IDR of H.264, IRAP (IDR, CRA, BLA) of HEVC; or as the container said.
    [[nodiscard]] bool keyframe() const noexcept { return keyframe_; }
    /// XXH64 of a keyframe's slices, or of all of it where the coding is another; 0 for other pictures.
    [[nodiscard]] std::uint64_t fingerprint() const;
    /// Of the sequence parameter sets (size, profile …) before the first slice; 0: there were none.
    [[nodiscard]] std::uint32_t parameters() const noexcept { return has_parameters_ ? parameters_.value() : 0; }
    [[nodiscard]] const std::optional<StreamClock>& clock() const noexcept { return sei_.clock(); }

private:
    enum class Nal : std::uint8_t { unknown, slice, sei, parameters, other };
    using Bytes = std::span<const std::uint8_t>;

    void look(Bytes bytes);
    void split_by_start_codes(Bytes bytes);
    void split_by_lengths(Bytes bytes);
    void on_nal_bytes(Bytes bytes);
    void on_nal_header(std::uint8_t byte);
    void hash(Bytes bytes);

    NalFormat format_;
    bool done_ = true;
    bool keyframe_ = false;
    bool has_slice_ = false;
    bool has_parameters_ = false;
    bool in_nal_ = false;  // behind a start code
    Nal nal_ = Nal::unknown;
    std::uint8_t header_left_ = 0;  // bytes of its header still to come that are no message yet
    std::uint32_t zeros_ = 0;       // in a row: they belong to the NAL unit, or to the start code that comes
    std::uint32_t length_ = 0;      // being gathered, then what is left of the NAL unit
    std::uint8_t length_have_ = 0;
    std::size_t looks_left_ = 0;   // bytes outside slices
    std::size_t slices_left_ = 0;  // bytes in slices
    Fingerprint fingerprint_;
    FormatHash parameters_;
    SeiReader sei_;
};

}  // namespace outrider::probes
