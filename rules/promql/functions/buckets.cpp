#include "rules/promql/functions/buckets.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>

namespace outrider::rules::promql {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

// Counts that differ by less than this share of their sum differ by rounding, as rates do; Prometheus's number.
constexpr double kRounding = 1e-12;

std::span<Bucket> without_equal_bounds(std::span<Bucket> buckets) noexcept {
    std::size_t last = 0;
    for (std::size_t i = 1; i < buckets.size(); ++i) {
        if (buckets[i].bound == buckets[last].bound) {
            buckets[last].count += buckets[i].count;
        } else {
            buckets[++last] = buckets[i];
        }
    }
    return buckets.first(last + 1);
}

bool differ_by_rounding(double a, double b) noexcept {
    if ((std::isnan(a) && std::isnan(b)) || a == b) return true;
    constexpr double kSmallest = std::numeric_limits<double>::min();
    const double sum = std::fabs(a) + std::fabs(b);
    const double difference = std::fabs(a - b);
    if (a == 0 || b == 0 || sum < kSmallest) return difference < kRounding * kSmallest;
    return difference / std::min(sum, std::numeric_limits<double>::max()) < kRounding;
}

// Sees to it that counts do not fall, which they do when the buckets were not read at one moment, or were rounded.
// True when more than rounding had to be mended.
bool lift(std::span<Bucket> buckets) noexcept {
    bool lifted = false;
    double highest = buckets.front().count;
    for (Bucket& bucket : buckets.subspan(1)) {
        const bool rounded = differ_by_rounding(highest, bucket.count);
        if (!rounded && !(bucket.count < highest)) {
            highest = bucket.count;
            continue;
        }
        lifted = lifted || !rounded;
        bucket.count = highest;
    }
    return lifted;
}

// Observations up to `value`, by a straight line through the bucket it falls into; `below` is the bucket's lower bound
// and `count_below` the observations up to that.
double rank_of(double value, const Bucket& bucket, double below, double count_below) noexcept {
    if (below == -kInfinity) return bucket.count;
    return count_below + (bucket.count - count_below) * (value - below) / (bucket.bound - below);
}

// Observations up to `value`.
double count_up_to(double value, std::span<const Bucket> buckets) noexcept {
    double below = buckets.front().bound > 0 ? 0 : -kInfinity;
    double count_below = 0;
    for (const Bucket& bucket : buckets) {
        if (below >= value) return count_below;
        if (bucket.bound > value) return rank_of(value, bucket, below, count_below);
        below = bucket.bound;
        count_below = bucket.count;
    }
    return count_below;
}

}  // namespace

BucketQuantile quantile_of_buckets(double phi, std::span<Bucket> buckets) noexcept {
    if (std::isnan(phi)) return {kNaN, false};
    if (phi < 0) return {-kInfinity, false};
    if (phi > 1) return {kInfinity, false};
    if (buckets.back().bound != kInfinity) return {kNaN, false};

    const auto distinct = without_equal_bounds(buckets);
    const bool lifted = lift(distinct);
    const double observations = distinct.back().count;
    if (distinct.size() < 2 || observations == 0 || std::isnan(observations)) return {kNaN, false};

    const double rank = phi * observations;
    const auto found = std::ranges::partition_point(distinct.first(distinct.size() - 1),
                                                    [rank](const Bucket& bucket) { return !(bucket.count >= rank); });
    const auto index = static_cast<std::size_t>(found - distinct.begin());
    if (index == distinct.size() - 1) return {distinct[index - 1].bound, lifted};
    if (index == 0 && distinct[0].bound <= 0) return {distinct[0].bound, lifted};
    const Bucket below = index > 0 ? distinct[index - 1] : Bucket{};
    const double share = (rank - below.count) / (distinct[index].count - below.count);
    return {below.bound + (distinct[index].bound - below.bound) * share, lifted};
}

double fraction_of_buckets(double lower, double upper, std::span<Bucket> buckets) noexcept {
    if (buckets.back().bound != kInfinity) return kNaN;
    const auto distinct = without_equal_bounds(buckets);
    const double observations = distinct.back().count;
    if (observations == 0 || std::isnan(lower) || std::isnan(upper)) return kNaN;
    if (lower >= upper) return 0;
    const double up_to_upper = std::min(count_up_to(upper, distinct), observations);
    const double up_to_lower = std::min(count_up_to(lower, distinct), observations);
    return (up_to_upper - up_to_lower) / observations;
}

}  // namespace outrider::rules::promql
