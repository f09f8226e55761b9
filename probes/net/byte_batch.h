// Bytes on their way from a worker thread to the meters, each piece with its arrival.
#pragma once

#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include "outrider/time.h"
#include "probes/meters/stream_meter.h"

namespace outrider::probes {

struct ByteBatch {
    struct Piece {
        Instant arrival;
        std::size_t size;
    };
    /// A keyframe of a 20 Mbit/s stream is about this large; beyond it the worker waits, and TCP holds the sender back.
    static constexpr std::size_t kFull = 256 * 1024;
    /// What an idle batch may keep allocated: a second of a usual stream is more, a hand-over is a tenth of one.
    static constexpr std::size_t kKept = 32 * 1024;

    /// Some 60 ms of a usual stream: 16 wake-ups a second instead of one for each frame.
    static constexpr std::size_t kPressing = 16 * 1024;

    [[nodiscard]] bool pressing() const { return bytes.size() >= kPressing || !phases.empty(); }
    [[nodiscard]] bool full() const { return bytes.size() >= kFull; }

    void clear() {
        pieces.clear();
        phases.clear();
        bytes.clear();
        if (bytes.capacity() > kKept) bytes = std::vector<std::byte>{};  // = {} would keep it
    }

    void append(std::span<const std::byte> piece, Instant arrival) {
        bytes.insert(bytes.end(), piece.begin(), piece.end());
        pieces.push_back({arrival, piece.size()});
    }

    std::vector<std::byte> bytes;
    std::vector<Piece> pieces;                       ///< cut `bytes` in their order
    std::vector<std::pair<Phase, Duration>> phases;  ///< phases done, since the connection began
};

}  // namespace outrider::probes
