// The least of the values of the last ten minutes.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

#include "outrider/time.h"

namespace outrider::probes {

/// Kept as one minimum for each 10 s, so it forgets in steps of that; constant memory. Times must not go back.
class WindowMin {
public:
    void add(Instant at, Duration value) {
        const auto epoch = at.time_since_epoch() / kBucket;
        auto& bucket = buckets_[static_cast<std::size_t>(epoch) % kBuckets];
        if (!bucket || bucket->epoch != epoch) bucket = Bucket{epoch, value};
        bucket->least = std::min(bucket->least, value);
        newest_ = epoch;
    }

    /// All values so far turn out to be that much larger.
    void shift(Duration by) {
        for (auto& bucket : buckets_)
            if (bucket) bucket->least += by;
    }

    /// As of the last add; nullopt before the first.
    [[nodiscard]] std::optional<Duration> least() const {
        std::optional<Duration> found;
        for (const auto& bucket : buckets_)
            if (bucket && bucket->epoch > newest_ - kBuckets && (!found || bucket->least < *found))
                found = bucket->least;
        return found;
    }

private:
    struct Bucket {
        std::int64_t epoch;
        Duration least;
    };
    static constexpr Duration kBucket = std::chrono::seconds{10};
    static constexpr std::int64_t kBuckets = 60;
    std::array<std::optional<Bucket>, static_cast<std::size_t>(kBuckets)> buckets_{};
    std::int64_t newest_ = 0;
};

}  // namespace outrider::probes
