#include "probes/meters/lag.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace outrider::probes {
namespace {

using namespace std::chrono_literals;

constexpr Duration kBucket = 10s;
// Decode times of a track never go back in a well-formed stream; muxers round, so a little is forgiven.
constexpr Duration kBackward = 1s;
// A unit that is this much earlier than any before it, in one step, cannot have been delivered better: it jumped.
constexpr Duration kAhead = 750ms;
// A connection's first seconds may hold the server's GOP cache, which arrives faster than real time.
constexpr Duration kSettling = 2s;
// After a reconnect the server's cache may repeat this much.
constexpr Duration kReplay = 60s;
constexpr Duration kNearZero = 1s;
constexpr double kMaxDrift = 0.002;       // 2,000 ppm
constexpr std::size_t kDriftBuckets = 6;  // a minute of history before drift is believed
constexpr Duration kDefaultStep = 40ms;   // until two units of a track are known: 25 frames a second
constexpr Duration kLongestStep = 1s;
constexpr double kOnLine = 0.03;  // seconds: what arrival jitter leaves of a bucket's minimum

/// Of a non-empty range, which it reorders.
double median(std::vector<double>& values) {
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::ranges::nth_element(values, middle);
    return *middle;
}

}  // namespace

void LagMeter::reconnected() noexcept {
    reconnected_ = true;
    last_dts_ = {};
}

Placement LagMeter::place(const MediaUnit& unit) {
    const auto track = static_cast<std::size_t>(unit.kind);
    bool restarted = false;
    const bool first = !started_;
    if (first) {
        started_ = true;
        first_arrival_ = unit.arrival;
        offset_ = -unit.dts;
        start_timeline(unit);
    } else if (!same_timeline(unit, unit.dts + offset_)) {
        ++restarts_;
        restarted = true;
        offset_ = newest_end_ - unit.dts;
        start_timeline(unit);
    }
    if (reconnected_) {
        reconnected_ = false;
        first_arrival_ = unit.arrival;
    }

    if (last_dts_[track]) {
        const auto step = unit.dts - *last_dts_[track];
        if (step > 0ns && step <= kLongestStep) usual_step_[track] = step;
    }
    last_dts_[track] = unit.dts;
    const auto step = usual_step_[track] > 0ns ? usual_step_[track] : kDefaultStep;

    const auto begin = unit.dts + offset_;
    const auto end = begin + unit.duration.value_or(step);
    last_arrival_ = unit.arrival;
    const bool newest = restarted || first || end > newest_end_;
    if (newest) {
        newest_begin_ = begin;
        newest_end_ = end;
        const auto transit = (unit.arrival - timeline_began_) - begin;
        learn(unit.arrival, transit);
        lag_at_arrival_ = std::max(0ns, transit - best(unit.arrival));
    }
    return {.begin = begin, .end = end, .newest = newest, .restarted = restarted};
}

std::optional<Duration> LagMeter::lag(Instant at) const {
    if (!started_) return std::nullopt;
    // The next unit begins where the newest ends: it is late once it has not come by its best transit.
    const auto overdue = (at - timeline_began_) - newest_end_ - best(at);
    return std::max(lag_at_arrival_, overdue);
}

bool LagMeter::same_timeline(const MediaUnit& unit, Duration begin) const {
    const auto since_last = unit.arrival - last_arrival_;
    if (reconnected_) {
        // A server that counts anew for each client begins near zero.
        if (unit.dts < kNearZero && newest_begin_ - offset_ >= kNearZero) return false;
        // Same timestamps as before, perhaps some repeated, perhaps some lost while we were away.
        return begin >= newest_end_ - kReplay && begin <= newest_end_ + since_last + lag_at_arrival_ + kAhead;
    }
    const auto& last = last_dts_[static_cast<std::size_t>(unit.kind)];
    const auto step = last ? unit.dts - *last : begin - newest_begin_;
    if (step < -kBackward) return false;
    if (step <= kAhead) return true;
    const bool settled = last_arrival_ - first_arrival_ > kSettling;
    const auto transit = (unit.arrival - timeline_began_) - begin;
    return !settled || transit >= best(unit.arrival) - kAhead;
}

void LagMeter::start_timeline(const MediaUnit& unit) {
    timeline_began_ = unit.arrival;
    buckets_ = {};
    level_ = 0ns;
    drift_ = 0;
    lag_at_arrival_ = 0ns;
    last_dts_ = {};
}

void LagMeter::learn(Instant at, Duration transit) {
    const auto age = at - timeline_began_;
    const auto epoch = age / kBucket;
    auto& bucket = buckets_[static_cast<std::size_t>(epoch) % kBuckets];
    if (bucket.epoch != epoch) {
        const auto oldest = epoch - static_cast<std::int64_t>(kBuckets);
        for (auto& old : buckets_)
            if (old.epoch <= oldest) old.epoch = -1;
        estimate_drift();  // the previous bucket is now complete
        bucket = {.epoch = epoch, .at = age, .transit = transit};
        level_ = level_of(bucket);
        for (const auto& known : buckets_)
            if (known.epoch >= 0) level_ = std::min(level_, level_of(known));
    } else if (transit < bucket.transit) {
        bucket.at = age;
        bucket.transit = transit;
        level_ = std::min(level_, level_of(bucket));
    }
}

/// Theil-Sen over the buckets' minima, the median of all pairwise slopes: an outage that spoils fewer than 29 % of the
/// buckets does not move it. Drift is a straight line; where the minima are none (a step, a lasting congestion) the
/// former estimate stands.
void LagMeter::estimate_drift() {
    std::vector<const Bucket*> known;
    for (const auto& bucket : buckets_)
        if (bucket.epoch >= 0) known.push_back(&bucket);
    if (known.size() < kDriftBuckets) return;
    std::vector<double> slopes;
    slopes.reserve(known.size() * (known.size() - 1) / 2);
    for (std::size_t i = 0; i < known.size(); ++i)
        for (std::size_t j = i + 1; j < known.size(); ++j)
            slopes.push_back(seconds(known[j]->transit - known[i]->transit) / seconds(known[j]->at - known[i]->at));
    const auto slope = std::clamp(median(slopes), -kMaxDrift, kMaxDrift);

    std::vector<double> levels;
    for (const auto* bucket : known) levels.push_back(seconds(bucket->transit) - slope * seconds(bucket->at));
    const auto level = median(levels);
    const auto on_line = std::ranges::count_if(levels, [&](double l) { return std::abs(l - level) <= kOnLine; });
    if (on_line * 4 >= std::ssize(levels) * 3) drift_ = slope;
}

Duration LagMeter::level_of(const Bucket& bucket) const {
    return bucket.transit - from_seconds(drift_ * seconds(bucket.at));
}

Duration LagMeter::best(Instant at) const { return level_ + from_seconds(drift_ * seconds(at - timeline_began_)); }

}  // namespace outrider::probes
