// Supplemental enhancement information of H.264 and HEVC, as far as it tells the time.
// Source: ITU-T H.264 7.3.2.3.1 and D.1.7, H.265 7.3.5 and D.2.7 (user_data_unregistered).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "probes/meters/stream_clock.h"

namespace outrider::probes {

/// Identifier of our own time stamps, 4f757472-6964-4572-8063-616e61727931; eight bytes follow, big-endian: nanoseconds
/// since 1970, UTC, at which the picture was made.
inline constexpr std::array<std::uint8_t, 16> kCanaryUuid{0x4F, 0x75, 0x74, 0x72, 0x69, 0x64, 0x45, 0x72,
                                                          0x80, 0x63, 0x61, 0x6E, 0x61, 0x72, 0x79, 0x31};

/// The time in a user_data_unregistered message, its identifier included. Known are:
///   * our own, see kCanaryUuid;
///   * MISB ST 0604: "MISPmicrosectime" in H.264, two identifiers of their own in HEVC, taken as Unix time;
///   * Broadcast Performance Metrics of OBS Studio and Amazon IVS: the time at which the picture was composed;
///   * any identifier with text behind it that is nothing but Unix time of 13, 16 or 19 digits (milliseconds, micro-,
///     nanoseconds), or UTC as 2026-03-01T07:05:09.120Z.
/// nullopt for all else.
[[nodiscard]] std::optional<StreamClock> read_user_data(std::span<const std::uint8_t> message);

/// Reads the messages of a NAL unit that comes in pieces. Of a message it keeps the first 128 bytes.
class SeiReader {
public:
    /// What comes next is a NAL unit behind its header.
    void begin() noexcept;
    /// As they are in the stream, with emulation prevention.
    void feed(std::span<const std::uint8_t> bytes);
    /// The first time since clear().
    [[nodiscard]] const std::optional<StreamClock>& clock() const noexcept { return clock_; }
    void clear() noexcept { clock_.reset(); }

private:
    enum class State : std::uint8_t { type, size, payload };
    void on_byte(std::uint8_t byte);
    void on_message();

    State state_ = State::type;
    int zeros_ = 0;  // in a row, before this byte
    std::uint32_t type_ = 0;
    std::uint32_t left_ = 0;  // of the message
    std::array<std::uint8_t, 128> data_{};
    std::size_t have_ = 0;
    std::optional<StreamClock> clock_;
};

}  // namespace outrider::probes
