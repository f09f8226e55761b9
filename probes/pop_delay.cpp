#include "probes/pop_delay.h"

#include <algorithm>
#include <string_view>

namespace outrider::probes {
namespace {

// Keyframes come every second or two: half a minute of them, which no useful POP is behind another.
constexpr std::size_t kFramesKept = 32;
constexpr Duration kFresh = std::chrono::seconds{30};
// The same picture after this long is shown again (a slate, a loop), not delivered late.
constexpr Duration kShownAgain = std::chrono::seconds{10};

bool comes_in_segments(std::string_view protocol) { return protocol == "hls"; }

}  // namespace

void PopDelayBoard::saw(const Target& target, const Sighting& sighting) {
    const std::scoped_lock lock{mutex_};
    auto& frames = frames_[{target.stream, comes_in_segments(target.protocol)}];
    auto frame = std::ranges::find(frames, sighting.fingerprint, &Frame::fingerprint);
    if (frame != frames.end() && sighting.arrival - frame->arrivals.front().at > kShownAgain) {
        frames.erase(frame);
        frame = frames.end();
    }
    if (frame == frames.end()) {
        if (frames.size() == kFramesKept) frames.pop_front();
        frame = frames.insert(frames.end(), {.fingerprint = sighting.fingerprint, .arrivals = {}});
    }
    if (std::ranges::find(frame->arrivals, target.id, &Arrival::target) != frame->arrivals.end()) return;
    frame->arrivals.push_back({target.id, sighting.arrival});
    if (frame->arrivals.size() < 2) return;
    const auto earliest = std::ranges::min_element(frame->arrivals, {}, &Arrival::at)->at;
    for (const auto& arrival : frame->arrivals) {
        auto& delay = delays_[arrival.target];
        if (arrival.at >= delay.frame_arrival) delay = {.value = arrival.at - earliest, .frame_arrival = arrival.at};
    }
}

std::optional<Duration> PopDelayBoard::delay(TargetId target, Instant at) const {
    const std::scoped_lock lock{mutex_};
    const auto found = delays_.find(target);
    if (found == delays_.end() || at - found->second.frame_arrival > kFresh) return std::nullopt;
    return found->second.value;
}

}  // namespace outrider::probes
