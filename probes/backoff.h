// How long a player waits before it connects again.
#pragma once

#include <algorithm>
#include <cstdint>
#include <random>

#include "outrider/time.h"

namespace outrider::probes {

/// Waits of 0.5, 1, 2, 4, 8, 8 … seconds, each spread evenly over half to one and a half of it, so that viewers who
/// lost a POP together do not come back together. Deterministic for a seed.
class Backoff {
public:
    explicit Backoff(std::uint64_t seed) : random_(seed) {}

    [[nodiscard]] Duration next() {
        const auto wait = next_;
        next_ = std::min(next_ * 2, kLongest);
        return from_seconds(seconds(wait) * spread_(random_));
    }

    /// The connection worked: the next loss starts from the beginning.
    void reset() noexcept { next_ = kFirst; }

private:
    static constexpr Duration kFirst = std::chrono::milliseconds{500};
    static constexpr Duration kLongest = std::chrono::seconds{8};
    std::mt19937_64 random_;
    std::uniform_real_distribution<double> spread_{0.5, 1.5};
    Duration next_ = kFirst;
};

}  // namespace outrider::probes
