#include "probes/meters/access_unit.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace outrider::probes {
namespace {

// Parameter sets and messages before the first slice are some hundred bytes, captions included.
constexpr std::size_t kMostLooks = 8'192;
// More than most keyframes have; bounds the cost of the others.
constexpr std::size_t kMostSlices = 65'536;

constexpr int h264_type(std::uint8_t nal) { return nal & 0x1F; }
constexpr int hevc_type(std::uint8_t nal) { return (nal >> 1) & 0x3F; }

/// Bytes before the first zero that may be one of a start code's: one that another follows, or the last byte.
std::size_t bytes_without_start(std::span<const std::uint8_t> bytes) {
    std::size_t from = 0;
    while (from < bytes.size()) {
        const auto* zero = static_cast<const std::uint8_t*>(std::memchr(&bytes[from], 0, bytes.size() - from));
        if (zero == nullptr) break;
        const auto at = static_cast<std::size_t>(zero - bytes.data());
        if (at + 1 == bytes.size() || bytes[at + 1] == 0) return at;
        from = at + 2;
    }
    return bytes.size();
}

}  // namespace

void AccessUnitScan::begin(NalFormat format, bool keyframe) {
    format_ = format;
    keyframe_ = keyframe;
    done_ = format.coding == VideoCoding::other && !keyframe;
    has_slice_ = has_parameters_ = in_nal_ = false;
    nal_ = Nal::unknown;
    zeros_ = length_ = 0;
    length_have_ = 0;
    looks_left_ = kMostLooks;
    slices_left_ = kMostSlices;
    sei_.clear();
}

std::uint64_t AccessUnitScan::fingerprint() const { return keyframe_ && has_slice_ ? fingerprint_.value() : 0; }

void AccessUnitScan::look(Bytes bytes) {
    if (format_.coding == VideoCoding::other) return hash(bytes);
    if (format_.length_size == 0) {
        split_by_start_codes(bytes);
    } else {
        split_by_lengths(bytes);
    }
}

/// 00 00 01 begins a NAL unit; zeros before it belong to nothing (annex B: trailing_zero_8bits, zero_byte).
void AccessUnitScan::split_by_start_codes(Bytes bytes) {
    constexpr std::array<std::uint8_t, 64> kZeros{};
    while (!bytes.empty() && !done_) {
        if (zeros_ == 0) {
            const auto n = bytes_without_start(bytes);
            if (n > 0 && in_nal_) on_nal_bytes(bytes.first(n));
            if (n > 0 && !in_nal_) looks_left_ -= std::min(n, looks_left_);
            if (looks_left_ == 0) done_ = true;
            bytes = bytes.subspan(n);
            if (bytes.empty()) return;
        }
        const auto byte = bytes.front();
        if (byte == 0) {
            ++zeros_;
            bytes = bytes.subspan(1);
        } else if (byte == 1 && zeros_ >= 2) {
            in_nal_ = true;
            nal_ = Nal::unknown;
            zeros_ = 0;
            bytes = bytes.subspan(1);
        } else {
            if (!in_nal_) looks_left_ -= std::min<std::size_t>(zeros_, looks_left_);
            for (; zeros_ > 0 && in_nal_ && !done_; zeros_ -= std::min<std::uint32_t>(zeros_, kZeros.size()))
                on_nal_bytes(Bytes{kZeros}.first(std::min<std::size_t>(zeros_, kZeros.size())));
            zeros_ = 0;
        }
    }
}

void AccessUnitScan::split_by_lengths(Bytes bytes) {
    while (!bytes.empty() && !done_) {
        if (length_have_ < format_.length_size) {
            length_ = (length_ << 8) | bytes.front();
            bytes = bytes.subspan(1);
            if (++length_have_ < format_.length_size) continue;
            nal_ = Nal::unknown;
        }
        const auto n = std::min<std::size_t>(length_, bytes.size());
        if (n > 0) on_nal_bytes(bytes.first(n));
        bytes = bytes.subspan(n);
        length_ -= static_cast<std::uint32_t>(n);
        if (length_ == 0) length_have_ = 0;
    }
}

/// Want bytes of one NAL unit, not empty.
void AccessUnitScan::on_nal_bytes(Bytes bytes) {
    if (nal_ == Nal::unknown) on_nal_header(bytes.front());
    if (done_) return;
    if (nal_ == Nal::slice) return hash(bytes);
    bytes = bytes.first(std::min(bytes.size(), looks_left_));
    looks_left_ -= bytes.size();
    if (nal_ == Nal::parameters) parameters_.add(bytes);
    if (nal_ == Nal::sei) {
        const auto n = std::min<std::size_t>(header_left_, bytes.size());
        header_left_ = static_cast<std::uint8_t>(header_left_ - n);
        sei_.feed(bytes.subspan(n));
    }
    if (looks_left_ == 0) done_ = true;
}

void AccessUnitScan::on_nal_header(std::uint8_t byte) {
    const bool hevc = format_.coding == VideoCoding::hevc;
    const auto type = hevc ? hevc_type(byte) : h264_type(byte);
    nal_ = Nal::other;
    if (hevc ? type < 32 : type >= 1 && type <= 5) {
        nal_ = Nal::slice;
        if (!has_slice_) keyframe_ = keyframe_ || (hevc ? type >= 16 && type <= 23 : type == 5);
        if (!keyframe_) done_ = true;
    } else if (hevc ? type == 39 || type == 40 : type == 6) {
        nal_ = Nal::sei;
        header_left_ = hevc ? 2 : 1;
        sei_.begin();
    } else if (type == (hevc ? 33 : 7) && !has_slice_) {
        nal_ = Nal::parameters;
        if (!has_parameters_) parameters_ = {};
        has_parameters_ = true;
    }
}

void AccessUnitScan::hash(Bytes bytes) {
    if (!has_slice_) fingerprint_.reset();
    has_slice_ = true;
    const auto n = std::min(bytes.size(), slices_left_);
    fingerprint_.add(std::as_bytes(bytes.first(n)));
    slices_left_ -= n;
    if (slices_left_ == 0) done_ = true;
}

}  // namespace outrider::probes
