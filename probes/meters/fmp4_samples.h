// Samples that a fragment has announced and whose bytes are still to come. Internal to the fMP4 meter.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "probes/meters/media_unit.h"

namespace outrider::probes {

/// Gives samples out in the order in which their last bytes arrive, whatever order they were announced in.
class PendingSamples {
public:
    // Half a minute of everything at 60 frames a second is 4,000; bounds the memory at 1.7 MB.
    static constexpr std::size_t kMax = 16 * 1024;

    [[nodiscard]] bool full() const noexcept { return heap_.size() >= kMax; }
    [[nodiscard]] std::size_t size() const noexcept { return heap_.size(); }

    /// What waits is given up; positions go on from `offset`, after `received` bytes of all there was before.
    void begin(std::uint64_t offset, std::uint64_t received) {
        heap_.clear();
        begin_ = offset;
        received_before_ = received;
    }

    /// `end`: position in the file after its last byte. Want !full() and a position that is not reached yet.
    void add(std::uint64_t end, const MediaUnit& unit) {
        heap_.push_back({end, next_order_++, unit});
        std::ranges::push_heap(heap_, later);
    }

    /// The next that will be whole, and where its bytes are.
    struct Next {
        MediaUnit& unit;
        std::uint64_t begin;
        std::uint64_t end;
        std::uint64_t order;  ///< tells it from all others
    };
    [[nodiscard]] std::optional<Next> next() {
        if (heap_.empty()) return std::nullopt;
        auto& first = heap_.front();
        return Next{first.unit, first.end - first.unit.size, first.end, first.order};
    }

    /// All bytes before `position` are in: appends the samples that are whole. False when they claim more bytes than
    /// have come: then they lie on top of each other, and a few bytes could become any number of units.
    bool arrived(std::uint64_t position, Instant arrival, MediaUnits& units) {
        while (!heap_.empty() && heap_.front().end <= position) {
            std::ranges::pop_heap(heap_, later);
            const auto& whole = heap_.back();
            given_ += whole.unit.size;
            if (given_ > received_before_ + (whole.end - begin_)) return false;
            units.push_back(whole.unit);
            units.back().arrival = arrival;
            heap_.pop_back();
        }
        return true;
    }

private:
    struct Sample {
        std::uint64_t end;
        std::uint64_t order;  // of announcement: decides between samples without bytes
        MediaUnit unit;
    };
    static bool later(const Sample& a, const Sample& b) { return a.end != b.end ? a.end > b.end : a.order > b.order; }

    std::vector<Sample> heap_;  // the first to be whole in front
    std::uint64_t next_order_ = 0;
    std::uint64_t begin_ = 0;            // position where this file began
    std::uint64_t received_before_ = 0;  // bytes before that
    std::uint64_t given_ = 0;            // bytes of all units so far
};

}  // namespace outrider::probes
