// FLV's script tag onFI: the encoder's date and time of day. Written by Flash Media Live Encoder and those who
// followed. Source: Adobe "Action Message Format" (AMF 0) 2; the names sd (system date), st (system time) from its user
// guide.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "outrider/time.h"

namespace outrider::probes {

/// Keeps at most the first 256 bytes of a script tag, more than an onFI has.
class OnFiReader {
public:
    void begin() noexcept { have_ = 0; }
    void feed(std::span<const std::uint8_t> bytes);
    /// Of the tag so far: date and time of day as if they were UTC. They are the encoder's local time as a rule, and
    /// the tag does not tell its zone. nullopt: another tag, or without both.
    [[nodiscard]] std::optional<Instant> clock() const;

private:
    std::array<std::uint8_t, 256> data_{};
    std::size_t have_ = 0;
};

}  // namespace outrider::probes
