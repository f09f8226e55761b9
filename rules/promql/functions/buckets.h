// A classic histogram: how many observations were at most so large.
#pragma once

#include <span>

namespace outrider::rules::promql {

struct Bucket {
    double bound = 0;  ///< the value of `le`
    double count = 0;  ///< of observations <= bound
};

struct BucketQuantile {
    double value = 0;
    /// Counts that fell from one bound to the next were lifted; rounding errors do not count, and it is not told of
    /// what has no quantile anyway.
    bool lifted = false;
};

/// The φ-quantile, interpolated within its bucket; below the first bound the values are taken to begin at 0. Want at
/// least one bucket, in the order of bounds; equal bounds are added up, and the counts are changed. NaN unless the last
/// bound is +Inf, there are two different ones, and something was observed; infinite when φ is outside of 0 to 1.
[[nodiscard]] BucketQuantile quantile_of_buckets(double phi, std::span<Bucket> buckets) noexcept;

/// The share of observations above `lower` and up to `upper`, interpolated; otherwise as above. 0 when lower >= upper.
[[nodiscard]] double fraction_of_buckets(double lower, double upper, std::span<Bucket> buckets) noexcept;

}  // namespace outrider::rules::promql
