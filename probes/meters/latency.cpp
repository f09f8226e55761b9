#include "probes/meters/latency.h"

#include <algorithm>

namespace outrider::probes {
namespace {

using namespace std::chrono_literals;

constexpr Instant kEarliest{std::chrono::sys_days{std::chrono::year{2000} / 1 / 1}};
constexpr Duration kFarthest = 24h;
constexpr Duration kZones = 15min;
// Further than any order of pictures goes: a hostile stream's presentation time, taken for its decode time.
constexpr Duration kMostReordering = 10s;
constexpr Duration kBetter = 50ms;  // what arrival jitter does not bring
constexpr Duration kQuiet = 2s;
constexpr Duration kLongestStart = 30s;

Duration presentation(const MediaUnit& unit, const Placement& placed) {
    const auto ahead = unit.pts - unit.dts;
    return placed.begin + (std::chrono::abs(ahead) <= kMostReordering ? ahead : 0ns);
}

/// To within half of kZones of zero.
Duration without_zone(Duration latency) {
    const auto rest = latency % kZones;
    if (rest > kZones / 2) return rest - kZones;
    if (rest < -kZones / 2) return rest + kZones;
    return rest;
}

}  // namespace

void LatencyMeter::on_unit(const MediaUnit& unit, const Placement& placed) {
    if (placed.restarted) *this = {};
    const auto media = presentation(unit, placed);
    newest_ = newest_ ? std::max(*newest_, media) : media;
    const auto& clock = unit.clock;
    if (clock.method == ClockMethod::none || clock.wall < kEarliest) return;
    if (std::chrono::abs(unit.arrival - clock.wall) > kFarthest) return;
    anchors_[static_cast<std::size_t>(clock.method)] = Anchor{.wall = clock.wall, .media = media};
}

std::optional<Duration> LatencyMeter::latency(ClockMethod method, Instant at) const {
    const auto& anchor = anchors_[static_cast<std::size_t>(method)];
    if (!anchor || !newest_) return std::nullopt;
    const auto latency = at - (anchor->wall + (*newest_ - anchor->media));
    return method == ClockMethod::onfi ? without_zone(latency) : latency;
}

void SkewMeter::on_unit(const MediaUnit& unit, const Placement& placed) {
    if (placed.restarted) ends_ = {};
    auto& end = ends_[static_cast<std::size_t>(unit.kind)];
    end = end ? std::max(*end, placed.end) : placed.end;
}

std::optional<Duration> SkewMeter::skew() const {
    const auto& video = ends_[static_cast<std::size_t>(TrackKind::video)];
    const auto& audio = ends_[static_cast<std::size_t>(TrackKind::audio)];
    if (!video || !audio) return std::nullopt;
    return *audio - *video;
}

bool StartBurst::over(Instant arrival, const Placement& placed) {
    if (over_) return true;
    if (!started_) began_ = arrival;
    const auto transit = (arrival - began_) - placed.begin;
    if (!started_ || placed.restarted || transit < least_ - kBetter) {
        least_ = transit;
        better_at_ = arrival;
    }
    started_ = true;
    over_ = arrival - better_at_ >= kQuiet || arrival - began_ >= kLongestStart;
    return over_;
}

}  // namespace outrider::probes
