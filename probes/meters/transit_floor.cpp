#include "probes/meters/transit_floor.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <utility>
#include <vector>

namespace outrider::probes {
namespace {

constexpr Duration kBucket = std::chrono::seconds{10};
constexpr double kMaxDrift = 0.002;       // 2,000 ppm
constexpr std::size_t kDriftBuckets = 6;  // a minute of history before drift is believed
constexpr double kOnLine = 0.03;          // seconds: what arrival jitter leaves of a bucket's minimum

/// What has half of the ends of some intervals on either side: where the sum of the distances to them is least. That is
/// a range, given as its two ends; the median where all intervals are points. Want an even number; reorders them.
std::pair<double, double> middle(std::vector<double>& ends) {
    const auto upper = ends.begin() + static_cast<std::ptrdiff_t>(ends.size() / 2);
    std::ranges::nth_element(ends, upper);
    return {*std::max_element(ends.begin(), upper), *upper};
}

}  // namespace

void TransitFloor::add(Instant at, Duration earliest, Duration latest) {
    if (!began_set_) began_ = at;
    began_set_ = true;
    const auto age = at - began_;
    const auto epoch = age / kBucket;
    auto& bucket = buckets_[static_cast<std::size_t>(epoch) % kBuckets];
    if (bucket.epoch != epoch) {
        const auto oldest = epoch - static_cast<std::int64_t>(kBuckets);
        for (auto& old : buckets_)
            if (old.epoch <= oldest) old.epoch = -1;
        estimate_drift();  // the previous bucket is now complete
        bucket = {.epoch = epoch, .at = age, .earliest = earliest, .latest = latest};
        level_ = level_of(bucket);
        for (const auto& known : buckets_)
            if (known.epoch >= 0) level_ = std::min(level_, level_of(known));
        return;
    }
    if (latest < bucket.latest) {
        bucket.at = age;
        bucket.latest = latest;
        level_ = std::min(level_, level_of(bucket));
    }
    // Media that was late says nothing of the floor.
    bucket.earliest = std::min(std::max(bucket.earliest, earliest), bucket.latest);
}

/// Theil-Sen over the buckets' minima, for values that are known to lie in a range: the slope with the least sum of
/// distances to the slopes that each pair of them allows. An outage that spoils fewer than 29 % of the buckets does not
/// move it. Drift is a straight line; where the minima are none (a step, a lasting congestion) the former estimate
/// stands, and where they allow many, the nearest to it.
void TransitFloor::estimate_drift() {
    std::vector<const Bucket*> known;
    for (const auto& bucket : buckets_)
        if (bucket.epoch >= 0) known.push_back(&bucket);
    if (known.size() < kDriftBuckets) return;
    // No drift makes media as late as some of it is against the rest: that was late, and says nothing of drift.
    std::vector<const Bucket*> timely;
    std::ranges::copy_if(known, std::back_inserter(timely), [&known](const Bucket* late) {
        return std::ranges::all_of(known, [late](const Bucket* good) {
            const auto apart = std::abs(seconds(late->at - good->at));
            return seconds(late->earliest - good->latest) <= kMaxDrift * apart + kOnLine;
        });
    });
    std::vector<double> ends;
    ends.reserve(2 * known.size() * known.size());
    // The slopes that every pair allows, a little jitter granted; few pairs may know what most leave open.
    double least = -kMaxDrift;
    double most = kMaxDrift;
    for (const auto* a : timely)
        for (const auto* b : timely) {
            if (a->at >= b->at) continue;
            const auto apart = seconds(b->at - a->at);
            const auto from = seconds(b->earliest - a->latest);
            const auto to = seconds(b->latest - a->earliest);
            ends.push_back(from / apart);
            ends.push_back(to / apart);
            least = std::max(least, (from - kOnLine) / apart);
            most = std::min(most, (to + kOnLine) / apart);
        }
    if (ends.empty()) return;
    const auto [flattest, steepest] = middle(ends);
    auto slope = std::clamp(std::clamp(drift_, flattest, steepest), -kMaxDrift, kMaxDrift);
    if (least <= most) slope = std::clamp(slope, least, most);

    ends.clear();
    const auto without_drift = [slope](const Bucket& bucket, Duration transit) {
        return seconds(transit) - slope * seconds(bucket.at);
    };
    for (const auto* bucket : timely) {
        ends.push_back(without_drift(*bucket, bucket->earliest));
        ends.push_back(without_drift(*bucket, bucket->latest));
    }
    const auto [lowest, highest] = middle(ends);
    const auto level = (lowest + highest) / 2;
    const auto on_line = std::ranges::count_if(timely, [&, line = level](const Bucket* bucket) {
        return without_drift(*bucket, bucket->earliest) <= line + kOnLine &&
               without_drift(*bucket, bucket->latest) >= line - kOnLine;
    });
    if (on_line * 4 >= std::ssize(known) * 3) drift_ = slope;
}

Duration TransitFloor::level_of(const Bucket& bucket) const {
    return bucket.latest - from_seconds(drift_ * seconds(bucket.at));
}

Duration TransitFloor::least(Instant at) const { return level_ + from_seconds(drift_ * seconds(at - began_)); }

}  // namespace outrider::probes
