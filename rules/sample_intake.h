// From samples to series: the way in that every reading takes, five times a second for every target.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

#include "outrider/sample.h"
#include "outrider/target.h"
#include "outrider/time.h"
#include "rules/series_store.h"

namespace outrider::rules {

/// A session reports the same readings in the same order each time: they find their series by their place, and labels
/// are made only when something new comes. A series goes stale at once when a newer sample leaves its reading out, and
/// after silence_after(target) when no sample comes.
class SampleIntake {
public:
    /// How long a silent target's last readings count as present. Heartbeats come every 0.2 s, so 5 s of silence mean
    /// that the probe itself has failed; Prometheus's 5 minutes suit its scrape interval, not ours. Where heartbeats
    /// are slower, three of them.
    static constexpr Duration kSilence = std::chrono::seconds{5};
    [[nodiscard]] static Duration silence_after(const Target& target) noexcept {
        return std::max(kSilence, 3 * target.heartbeat);
    }

    /// The store must outlive it, and have its selections before the first sample: what no one watches is not kept.
    explicit SampleIntake(SeriesStore& store) : store_(&store) {}

    /// Ids of later samples refer to this list. The series of targets that are on it no more go stale and are let go;
    /// those of the others go on.
    void set_targets(std::shared_ptr<const TargetList> targets);

    /// Takes a sample; one of an unknown target, or no newer than the target's newest, is refused (false).
    bool append(const Sample& sample);

    /// Marks the series of targets stale that have been silent for too long as of `at`.
    void mark_silent(Instant at);

    [[nodiscard]] const TargetList& targets() const noexcept { return *targets_; }

    /// The newest value of a metric without extra label, whether or not a rule looks at it; nullopt when the target's
    /// newest sample had none, or is too old.
    [[nodiscard]] std::optional<double> latest(TargetId target, Metric metric, Instant at) const;

private:
    struct Channel {
        Metric metric;
        ExtraLabel extra;
        Series* series = nullptr;  // null: nobody looks at it
        Instant at{};
        double value = 0;
    };
    struct Slot {
        Instant newest{};
        bool silent = false;            // marked so
        std::vector<Channel> channels;  // in the order in which they first came
        // By a reading's position in the sample: the channel that it was last time. Early samples lack most readings,
        // so the two orders differ.
        std::vector<std::size_t> places;
    };
    [[nodiscard]] Channel& channel_for(Slot& slot, std::size_t index, const Reading& reading, std::size_t place);
    void mark_left_out(Slot& slot, Instant before, Instant at);
    void release(Slot& slot);

    SeriesStore* store_;
    std::shared_ptr<const TargetList> targets_ = std::make_shared<const TargetList>();
    std::vector<Slot> slots_;  // by TargetId
};

}  // namespace outrider::rules
