// Big-endian fields of ISO base media boxes. Internal to the fMP4 meter.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "outrider/time.h"

namespace outrider::probes {

/// A box type, e.g. box_type("moof").
constexpr std::uint32_t box_type(const char (&text)[5]) {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < 4; ++i) value = (value << 8) | static_cast<unsigned char>(text[i]);
    return value;
}

/// Reads one field after the other; beyond the end they are 0 and `ran_out` says so.
class FieldReader {
public:
    explicit FieldReader(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}

    std::uint32_t u8() { return static_cast<std::uint32_t>(take(1)); }
    std::uint32_t u24() { return static_cast<std::uint32_t>(take(3)); }
    std::uint32_t u32() { return static_cast<std::uint32_t>(take(4)); }
    std::uint64_t u64() { return take(8); }
    /// 8 bytes in version 1 of a box, else 4.
    std::uint64_t u32_or_64(std::uint32_t version) { return take(version == 1 ? 8 : 4); }
    void skip(std::size_t count) { (void)take(count); }
    [[nodiscard]] bool ran_out() const noexcept { return ran_out_; }
    [[nodiscard]] std::span<const std::uint8_t> rest() const noexcept { return bytes_; }

private:
    std::uint64_t take(std::size_t count) {
        if (bytes_.size() < count) {
            ran_out_ = true;
            bytes_ = {};
            return 0;
        }
        std::uint64_t value = 0;
        for (std::size_t i = 0; i < count; ++i) value = (value << 8) | bytes_[i];
        bytes_ = bytes_.subspan(count);
        return value;
    }

    std::span<const std::uint8_t> bytes_;
    bool ran_out_ = false;
};

/// Ticks of a timescale as time, to the nearest nanosecond, halves away from zero. Want timescale > 0 and a result of
/// less than 290 years.
constexpr Duration ticks_to_time(std::int64_t ticks, std::uint32_t timescale) {
    const auto scale = static_cast<std::int64_t>(timescale);
    const auto rest = (ticks % scale) * 1'000'000'000;  // below 2^32 x 10^9, which fits
    const auto half = rest < 0 ? -(scale / 2) : scale / 2;
    return std::chrono::seconds{ticks / scale} + Duration{(rest + half) / scale};
}

}  // namespace outrider::probes
