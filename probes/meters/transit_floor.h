// The best delivery of the last ten minutes, from which lag is counted, with the drift of the sender's clock taken out.
#pragma once

#include <array>
#include <cstdint>

#include "outrider/time.h"

namespace outrider::probes {

/// Of media that was made at m on the stream's timeline and came at a, `transit` is a - m. The floor is the least
/// transit of the last ten minutes, as a straight line: an encoder's clock that runs 1,000 ppm fast or slow makes all
/// media 0.6 s earlier or later in that time, and none of it is late.
///
/// What passes for drift: a slope of up to 2,000 ppm that at least three quarters of the window agree on. So media that
/// comes 200 ms later and stays so is late for ten minutes, and a stream delivered at 99 % of its pace is 6 s late
/// after ten minutes; but one delivered at 99.8 to 100.2 % of its pace from its beginning on cannot be told from one
/// whose clock is wrong, and one that falls to that is late only until it has done so for most of the window.
///
/// Constant memory (60 minima); a few nanoseconds a value, some microseconds every ten seconds.
class TransitFloor {
public:
    /// Media that came at `at`, with a transit between the two, both known: `latest` is when it was there, `earliest`
    /// when it was not yet. They are the same where arrival is seen and not looked for. Times must not go back.
    void add(Instant at, Duration earliest, Duration latest);

    /// As of `at`. Want empty() to be false.
    [[nodiscard]] Duration least(Instant at) const;
    [[nodiscard]] bool empty() const noexcept { return !began_set_; }

private:
    struct Bucket {
        std::int64_t epoch = -1;  // number of the bucket since the first value; -1: empty
        Duration at{};            // of `latest`, since the first value
        Duration earliest{};
        Duration latest{};
    };
    static constexpr std::size_t kBuckets = 60;  // of 10 s: the ten minutes of the definition

    void estimate_drift();
    [[nodiscard]] Duration level_of(const Bucket& bucket) const;

    bool began_set_ = false;
    Instant began_{};
    std::array<Bucket, kBuckets> buckets_{};
    Duration level_{};  // the least transit of the window, drift taken out
    double drift_ = 0;  // seconds of transit gained a second
};

}  // namespace outrider::probes
