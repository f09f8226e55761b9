// Detector `ewma`: how far a point is from what is usual.
#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "outrider/time.h"
#include "rules/detectors/baseline.h"

namespace outrider::rules {

/// Input: a gauge in any unit, at any rhythm. Outputs, for each point and of the points *before* it:
///   mean       exponentially weighted, in the input's unit
///   deviation  the same way, >= 0, without floors
///   score      (value - mean) / max(deviation, floor, relative_floor |mean|): how many usual deviations it is away
/// Formula and literature: Baseline.
class Ewma {
public:
    using Settings = BaselineSettings;
    static constexpr std::array<std::string_view, 3> kOutputs{"mean", "deviation", "score"};
    using Outputs = std::array<double, kOutputs.size()>;

    /// nullopt while it learns, and for a point that it does not take: not finite, or not newer than the last.
    std::optional<Outputs> update(const Settings& settings, Instant at, double value) noexcept {
        const auto factor = baseline_.arrive(settings, at, value);
        if (!factor) return std::nullopt;
        std::optional<Outputs> outputs;
        if (baseline_.ready(settings))
            outputs = {baseline_.mean(), baseline_.deviation(), (value - baseline_.mean()) / baseline_.scale(settings)};
        baseline_.learn(*factor, value);
        return outputs;
    }

    friend bool operator==(const Ewma&, const Ewma&) = default;

private:
    Baseline baseline_;
};

}  // namespace outrider::rules
