// All detectors at work over one store.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "outrider/time.h"
#include "rules/detectors/detector.h"
#include "rules/detectors/output_series.h"
#include "rules/series_store.h"

namespace outrider::rules {

/// A detector that takes another's output stands behind it: then one run() brings both up to date. What has been learnt
/// is not kept over a restart; a detector is silent until it has warmed up again.
class DetectorBank {
public:
    /// Ticks may be late by less than this: older points are seen by no detector.
    static constexpr Duration kHistory = std::chrono::seconds{5};

    /// Want specs as read_detectors() gives them without problems. The store must outlive the bank. Who looks at an
    /// output must have told the store (watch) before the first run().
    DetectorBank(std::vector<DetectorSpec> specs, SeriesStore& store);
    DetectorBank(const DetectorBank&) = delete;
    DetectorBank& operator=(const DetectorBank&) = delete;
    ~DetectorBank();

    /// Once at each tick, before the rule groups, five times a second at best: detectors in the order given take in
    /// what has come up to `at`, and append their outputs at the times of the points (those of moments, at `at`).
    void run(Instant at);

    [[nodiscard]] bool empty() const noexcept { return running_.empty(); }
    /// Inputs of all detectors; one that several look at counts for each.
    [[nodiscard]] std::size_t series_count() const noexcept;
    /// What the detectors remember; the points of their outputs are the store's.
    [[nodiscard]] std::size_t bytes() const noexcept;
    /// How often two inputs would have made one output series; the first keeps it.
    [[nodiscard]] std::uint64_t conflicts() const noexcept;

private:
    std::vector<DetectorSpec> specs_;
    std::unique_ptr<OutputSeries> outputs_;
    std::vector<std::unique_ptr<RunningDetector>> running_;  // refer to both
};

}  // namespace outrider::rules
