// Detector `cusum`: a lasting change of level, sooner and surer than any single point shows it.
#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "outrider/time.h"
#include "rules/detectors/baseline.h"

namespace outrider::rules {

/// Relearning begins after so many half-lives of the reference, unless told otherwise.
inline constexpr int kRelearnHalfLives = 1;

/// Defaults: of 508 changes of level that a person marked in 25 series of round trips (RIPE Atlas, a point in 240 s)
/// these report 319 (62.8 %) at most half an hour after the mark and 8 minutes before, 18 after in the mean, with 0.53
/// false reports a day and series (precision 52.8 %, F 0.574), with a half-life of 20 points and a floor of 0.5 ms. The
/// textbook's drift 0.5 with clip 3: F 0.357. The best of 1,188 settings, relearning after a quarter of a half-life: F
/// 0.601, but such an alarm is over before it has been looked into. `ewma` with a score beyond 5: F 0.199; it sees
/// blips, not levels. 2026-11-25: zcat $OUTRIDER_DATA/rtt-labelled/*.csv.gz | bench_detector_trial
struct CusumSettings {
    BaselineSettings reference;
    double drift = 1;    ///< k >= 0, in deviations: half of the smallest shift worth knowing
    double clip = 2;     ///< > drift: no point counts for more deviations than that
    double alarm = 5;    ///< h > 0: a sum above it is an alarm
    Duration relearn{};  ///< > 0: a level that has been alarming that long is the new normal
};

/// Input: a gauge in any unit, at a steady rhythm: the sums are over points, not over time. For each point
///   z = clip((value - mean) / max(deviation, floor, relative_floor |mean|))
///   S+ = max(0, S+ + z - k)    S- = max(0, S- - z - k)                         alarm when S+ > h or S- > h
/// Page 1954, "Continuous inspection schemes", Biometrika 41; NIST/SEMATECH e-Handbook of Statistical Methods 6.3.2.3.
/// The clip (Lucas and Crosier 1982, "Robust CUSUM", Communications in Statistics 11(23)) keeps a single blip, however
/// high, from being an alarm. The sums end at 2h, so that what went on for long is not mourned for long: h/k points of
/// health end the alarm.
///
/// Mean and deviation are a Baseline's, which takes in clipped points and does not learn while there is an alarm. After
/// `relearn` of unbroken alarm everything begins anew, and says nothing until it has warmed up.
///
///   h = 5, k = 1, clip 2; a step of 2 deviations or more at point 1, and back at point 12
///   point  1  2  3  4  5  6 ... 10  11  12  13  14  15  16
///   S+     1  2  3  4  5  6 ... 10  10   9   8   7   6   5        alarm from point 6 to point 15
///
/// Outputs: positive (S+), negative (S-): 0 to 2h; alarm: 1 upwards, -1 downwards, else 0; mean, deviation: of the
/// reference, before the point.
class Cusum {
public:
    using Settings = CusumSettings;
    static constexpr std::array<std::string_view, 5> kOutputs{"positive", "negative", "alarm", "mean", "deviation"};
    using Outputs = std::array<double, kOutputs.size()>;

    /// nullopt while it learns, and for a point that it does not take: not finite, or not newer than the last.
    std::optional<Outputs> update(const Settings& settings, Instant at, double value) noexcept;

    friend bool operator==(const Cusum&, const Cusum&) = default;

private:
    Baseline reference_;
    double positive_ = 0;
    double negative_ = 0;
    int side_ = 0;  // of the newest alarm: 1, -1; 0 for none
    Instant since_{};
};

}  // namespace outrider::rules
