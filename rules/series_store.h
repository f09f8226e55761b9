// The engine's memory of what was measured: the newest point of every series.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "outrider/labels.h"
#include "outrider/sample.h"
#include "outrider/target.h"
#include "outrider/time.h"
#include "rules/promql/ast.h"

namespace outrider::rules {

/// One element of an instant vector. `labels` carry no metric name and live as long as the store's target list.
struct Element {
    const Labels* labels = nullptr;
    double value = 0;
};

/// Series come from samples: a series is there while its target's newest sample has it and that sample is younger than
/// the look-back. A reading left out of a newer sample is thus stale at once.
class SeriesStore {
public:
    /// How long a silent target's last readings count as present. Heartbeats come every 0.2 s, so 5 s of silence mean
    /// that the probe itself has failed; Prometheus's 5 minutes suit its scrape interval, not ours.
    static constexpr Duration kLookback = std::chrono::seconds{5};

    /// Forgets every series; ids of later samples refer to this list.
    void set_targets(std::shared_ptr<const TargetList> targets);

    /// Takes a sample; one of an unknown target, or older than the target's newest, is refused (false).
    bool append(const Sample& sample);

    /// All present series of that metric that match, in the order of targets.
    [[nodiscard]] std::vector<Element> select(const promql::Selector& selector, Instant at) const;

    [[nodiscard]] const TargetList& targets() const noexcept { return *targets_; }
    /// The newest value of a metric without extra label; nullopt when not present at `at`.
    [[nodiscard]] std::optional<double> latest(TargetId target, Metric metric, Instant at) const;
    [[nodiscard]] std::size_t series_count() const noexcept { return series_count_; }

private:
    struct Series {
        Metric metric;
        ExtraLabel extra;
        Labels labels;
        Instant at{};
        double value = 0;
    };
    struct Slot {
        Instant newest{};
        std::vector<Series> series;
        std::vector<std::size_t> places;  // in `series`, of the readings of the newest sample
    };
    [[nodiscard]] static Series& series_for(Slot& slot, const Target& target, const Reading& reading,
                                            std::size_t& place);
    [[nodiscard]] static bool present(const Slot& slot, Instant at) {
        return slot.newest > Instant{} && at - slot.newest <= kLookback;
    }

    std::shared_ptr<const TargetList> targets_ = std::make_shared<const TargetList>();
    std::vector<Slot> slots_;  // by TargetId
    std::size_t series_count_ = 0;
};

}  // namespace outrider::rules
