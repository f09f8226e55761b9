#include "probes/meters/lag.h"

#include <algorithm>

namespace outrider::probes {
namespace {

using namespace std::chrono_literals;

// Decode times of a track never go back in a well-formed stream; muxers round, so a little is forgiven.
constexpr Duration kBackward = 1s;
// A unit that is this much earlier than any before it, in one step, cannot have been delivered better: it jumped.
constexpr Duration kAhead = 750ms;
// A connection's first seconds may hold the server's GOP cache, which arrives faster than real time.
constexpr Duration kSettling = 2s;
// After a reconnect the server's cache may repeat this much.
constexpr Duration kReplay = 60s;
constexpr Duration kNearZero = 1s;
constexpr Duration kDefaultStep = 40ms;  // until two units of a track are known: 25 frames a second
constexpr Duration kLongestStep = 1s;

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
        best_.add(unit.arrival, transit, transit);
        lag_at_arrival_ = std::max(0ns, transit - best_.least(unit.arrival));
    }
    return {.begin = begin, .end = end, .newest = newest, .restarted = restarted};
}

std::optional<Duration> LagMeter::lag(Instant at) const {
    if (!started_) return std::nullopt;
    // The next unit begins where the newest ends: it is late once it has not come by its best transit.
    const auto overdue = (at - timeline_began_) - newest_end_ - best_.least(at);
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
    return !settled || transit >= best_.least(unit.arrival) - kAhead;
}

void LagMeter::start_timeline(const MediaUnit& unit) {
    timeline_began_ = unit.arrival;
    best_ = {};
    lag_at_arrival_ = 0ns;
    last_dts_ = {};
}

}  // namespace outrider::probes
