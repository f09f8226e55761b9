// Detector `absence`: how long nothing has come, or nothing new.
#pragma once

#include <array>
#include <cmath>
#include <optional>
#include <string_view>

#include "outrider/time.h"
#include "rules/detectors/usable.h"

namespace outrider::rules {

struct AbsenceSettings {
    double floor = 0;  ///< >= 0, in the input's unit: a difference of at most this is no change
};

/// Input: anything. Outputs, at each tick, from the first point on for as long as the target exists:
///   since_point   seconds since the newest point, >= 0
///   since_change  seconds since the value last differed from the one before by more than the floor; a creep of small
///                 differences is a change as soon as it adds up to more
class Absence {
public:
    using Settings = AbsenceSettings;
    static constexpr std::array<std::string_view, 2> kOutputs{"since_point", "since_change"};
    using Outputs = std::array<double, kOutputs.size()>;

    /// A point that is not finite, or not newer than the last, is none.
    void update(const Settings& settings, Instant at, double value) noexcept {
        if (!usable(value) || (seen_ && at <= point_)) return;
        if (!seen_ || std::abs(value - value_) > settings.floor) {
            value_ = value;
            change_ = at;
        }
        point_ = at;
        seen_ = true;
    }

    /// At the moment `at`; nullopt before the first point, and for a moment before the newest.
    [[nodiscard]] std::optional<Outputs> outputs(Instant at) const noexcept {
        if (!seen_ || at < point_) return std::nullopt;
        return Outputs{seconds(at - point_), seconds(at - change_)};
    }

    friend bool operator==(const Absence&, const Absence&) = default;

private:
    Instant point_{};
    Instant change_{};
    double value_ = 0;  // at the newest change
    bool seen_ = false;
};

}  // namespace outrider::rules
