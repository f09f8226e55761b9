// Which codec with which parameters, as a number that changes when they do.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace outrider::probes {

/// FNV-1a of 32 bits. Configurations are short and seldom come, so that simplicity decides.
class FormatHash {
public:
    constexpr void add(std::uint8_t byte) noexcept { value_ = (value_ ^ byte) * 16'777'619U; }
    constexpr void add(std::span<const std::uint8_t> bytes) noexcept {
        for (const auto byte : bytes) add(byte);
    }
    /// Never 0, which stands for "unknown".
    [[nodiscard]] constexpr std::uint32_t value() const noexcept { return value_ != 0 ? value_ : 1; }

private:
    std::uint32_t value_ = 2'166'136'261U;
};

}  // namespace outrider::probes
