// Puts datagrams back into the order they were sent in, within bounds of number, bytes and time.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "outrider/time.h"

namespace outrider::probes {

struct ReorderLimits {
    std::size_t packets = 64;                        ///< held at most
    std::size_t bytes = 256 * 1024;                  ///< held at most
    Duration wait = std::chrono::milliseconds{100};  ///< for a missing packet, from the arrival of its successor
};

/// Packets in order pass through uncopied. Behind a gap they are held until it is filled, or a limit gives it up.
/// `deliver(std::span<const std::byte>, Instant)` gets payloads in order of index; the Instant is when a receiver has
/// them, that is in their turn, and never goes back. Where a sequence starts anew, flush() first.
class ReorderBuffer {
public:
    explicit ReorderBuffer(ReorderLimits limits = {}) : limits_(limits) {}

    /// A packet in order of arrival. One whose turn is past is dropped and counted.
    template <typename Deliver>
    void push(std::uint64_t index, std::span<const std::byte> payload, Instant arrival, Deliver&& deliver) {
        release(arrival, deliver);
        if (next_ && index < *next_) {
            ++too_late_;
            return;
        }
        if (!next_ || index == *next_) {
            next_ = index + 1;
            deliver(payload, arrival);
        } else {
            hold(index, payload, arrival);
        }
        while (const auto* packet = ready(arrival)) {
            deliver(std::span<const std::byte>{packet->payload}, arrival);
            drop_first();
        }
    }

    /// Lets time pass to `at`: gives up what was waited for too long.
    template <typename Deliver>
    void release(Instant at, Deliver&& deliver) {
        while (const auto* packet = ready(at)) {
            deliver(std::span<const std::byte>{packet->payload}, at);
            drop_first();
        }
    }

    /// The sequence ends here: delivers all that is held and takes any index as the next.
    template <typename Deliver>
    void flush(Instant at, Deliver&& deliver) {
        while (!held_.empty()) {
            deliver(std::span<const std::byte>{held_.begin()->second.payload}, at);
            drop_first();
        }
        next_.reset();
    }

    [[nodiscard]] std::size_t held() const noexcept { return held_.size(); }
    [[nodiscard]] std::size_t held_bytes() const noexcept { return bytes_; }
    /// Packets that came after their place was given up.
    [[nodiscard]] std::uint64_t too_late() const noexcept { return too_late_; }

private:
    struct Held {
        std::vector<std::byte> payload;
        Instant arrival{};
    };

    void hold(std::uint64_t index, std::span<const std::byte> payload, Instant arrival) {
        const auto [at, fresh] = held_.try_emplace(index);
        if (!fresh) return;  // a repetition
        at->second = {.payload = {payload.begin(), payload.end()}, .arrival = arrival};
        bytes_ += payload.size();
    }

    /// The first packet held, if its turn has come or its predecessors are given up.
    [[nodiscard]] const Held* ready(Instant at) const {
        if (held_.empty()) return nullptr;
        const auto& [index, packet] = *held_.begin();
        const bool full = held_.size() > limits_.packets || bytes_ > limits_.bytes;
        if (index != *next_ && !full && at - oldest_arrival() < limits_.wait) return nullptr;
        return &packet;
    }

    /// The gap before the first packet was seen when the first of all held came.
    [[nodiscard]] Instant oldest_arrival() const {
        auto oldest = held_.begin()->second.arrival;
        for (const auto& [index, packet] : held_) oldest = std::min(oldest, packet.arrival);
        return oldest;
    }

    void drop_first() {
        next_ = held_.begin()->first + 1;
        bytes_ -= held_.begin()->second.payload.size();
        held_.erase(held_.begin());
    }

    ReorderLimits limits_;
    std::optional<std::uint64_t> next_;
    std::map<std::uint64_t, Held> held_;
    std::size_t bytes_ = 0;
    std::uint64_t too_late_ = 0;
};

}  // namespace outrider::probes
