// What a kind of detector adds: a class of this shape, or series_detector() around a simpler one, and one line in
// detectors.def.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "outrider/labels.h"
#include "outrider/settings.h"
#include "outrider/time.h"
#include "rules/promql/expr.h"
#include "rules/series_store.h"

namespace outrider::rules {

class OutputSeries;
struct DetectorSpec;

/// A detector at work over the series of a store.
class RunningDetector {
public:
    RunningDetector() = default;
    RunningDetector(const RunningDetector&) = delete;
    RunningDetector& operator=(const RunningDetector&) = delete;
    virtual ~RunningDetector() = default;

    /// Takes in the points up to `at` that it has not seen, and appends what follows from them. `at` does not go back.
    virtual void run(Instant at) = 0;

    /// How many series it watches, and what it remembers of them in all.
    [[nodiscard]] virtual std::size_t series_count() const noexcept = 0;
    [[nodiscard]] virtual std::size_t bytes() const noexcept = 0;
};

/// A kind with its settings, immutable.
class Detector {
public:
    Detector() = default;
    Detector(const Detector&) = delete;
    Detector& operator=(const Detector&) = delete;
    virtual ~Detector() = default;

    /// What the names of its series end in, behind an underscore.
    [[nodiscard]] virtual std::span<const std::string_view> outputs() const noexcept = 0;
    /// `input` selects its series in `store`, which must outlive the result, as `outputs` must.
    [[nodiscard]] virtual std::unique_ptr<RunningDetector> start(const DetectorSpec& spec, const Selection& input,
                                                                 SeriesStore& store, OutputSeries& outputs) const = 0;
};

/// One entry of a file's section `detectors:`.
struct DetectorSpec {
    std::string name;    ///< its series are called `name_OUTPUT`
    Location name_at{};  ///< where the file says so
    std::string text;    ///< the input as it was written
    Location input_at{};
    promql::VectorSelector input;              ///< names a metric; neither offset nor @
    Labels labels;                             ///< added to those of the input, replacing
    std::shared_ptr<const Detector> detector;  ///< never null in what read_detectors() gives without problems

    /// The metric name of one of detector->outputs().
    [[nodiscard]] std::string output_name(std::string_view output) const { return name + "_" + std::string{output}; }
};

}  // namespace outrider::rules
