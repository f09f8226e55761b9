// Finds the packets of a transport stream in bytes cut anywhere, and finds them again after damage.
// Source: ISO/IEC 13818-1 annex G.1 and ETSI TR 101 290 5.2.1, lines 1.1 and 1.2.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "probes/meters/mpegts_packet.h"

namespace outrider::probes {

/// Packets of 188 bytes, as such, after 4 bytes of time stamp (192, Blu-ray) or before 16 of parity (204). Sync is five
/// sync bytes at one distance; two bad ones in a row lose it. A packet with one bad sync byte is passed over.
class TsFramer {
public:
    /// Calls `on_packets(TsPackets)` with the packets that `bytes` completed: those that lie whole in it together, from
    /// where they are; what was cut, is to be synchronised or has bytes beside it one by one.
    template <typename OnPackets>
    void feed(std::span<const std::byte> bytes, OnPackets&& on_packets) {
        while (!bytes.empty()) {
            if (const auto whole = in_place(bytes); !whole.empty()) {
                on_packets(whole);
                bytes = bytes.subspan(whole.size());
                continue;
            }
            bytes = bytes.subspan(take(bytes));
            drain(on_packets);
        }
    }

    /// The stream has ended: what is held of fewer than five packets is taken for packets if it looks like them.
    template <typename OnPackets>
    void flush(OnPackets&& on_packets) {
        ended_ = true;
        drain(on_packets);
        ended_ = false;
        forget();
    }

    [[nodiscard]] bool ever_synced() const noexcept { return ever_synced_; }
    /// Distance between packets: 188, 192 or 204; 0 while out of sync.
    [[nodiscard]] std::size_t stride() const noexcept { return stride_; }
    [[nodiscard]] std::uint64_t sync_byte_errors() const noexcept { return sync_byte_errors_; }
    [[nodiscard]] std::uint64_t sync_losses() const noexcept { return sync_losses_; }
    /// Bytes that belonged to no packet; the 4 or 16 beside each packet are not among them.
    [[nodiscard]] std::uint64_t skipped_bytes() const noexcept { return skipped_bytes_; }

private:
    template <typename OnPackets>
    void drain(OnPackets&& on_packets) {
        while (const auto* packet = next()) on_packets(TsPackets{packet, kTsPacketSize});
        compact();
    }

    [[nodiscard]] TsPackets in_place(std::span<const std::byte> bytes) const;
    std::size_t take(std::span<const std::byte> bytes);
    /// The next whole packet, good until the next call of anything; nullptr when more bytes are needed.
    const std::uint8_t* next();
    [[nodiscard]] bool acquire();
    void skip(std::size_t count);
    void compact();
    void forget();

    std::array<std::uint8_t, 4096> held_{};
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
    std::size_t filler_ = 0;  // bytes beside packets still to pass over
    std::size_t stride_ = 0;
    bool ended_ = false;
    bool ever_synced_ = false;
    std::uint64_t sync_byte_errors_ = 0;
    std::uint64_t sync_losses_ = 0;
    std::uint64_t skipped_bytes_ = 0;
};

}  // namespace outrider::probes
