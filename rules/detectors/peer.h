// Detector `peer`: one POP against the others that serve the same.
#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "outrider/time.h"

namespace outrider::rules {

struct PeerSettings {
    enum class Reference : std::uint8_t { median, lowest, highest };
    Reference reference = Reference::median;
    bool by = false;  ///< the labels are those that peers share; else those that they may differ in
    std::vector<std::string> labels{"pop"};      ///< of by or without
    double floor = 0;                            ///< > 0, in the input's unit: the least difference that scores 1
    double relative_floor = 0;                   ///< the same as a share of the reference
    std::int64_t min_peers = 1;                  ///< nothing is said with fewer others
    Duration max_age = std::chrono::seconds{5};  ///< an older point of another POP does not count
};

/// What is remembered of each series.
struct PeerMember {
    std::uint32_t group = 0;
    bool fresh = false;   ///< its newest point has not been judged
    bool counts = false;  ///< has a usable point that is young enough
    double value = 0;
};

/// What the others of a group have: their median, or the lowest or highest of them, for each member in turn without
/// itself. Linear in the members for all of them together.
class Others {
public:
    /// Reorders `values`, at least two. A median of an even number lies half-way between the middle two.
    Others(PeerSettings::Reference reference, std::vector<double>& values);

    /// The reference of the member that has `value`, one of those given.
    [[nodiscard]] double without(double value) const noexcept {
        if (value == middle_) return of_equal_;
        return value < middle_ ? of_lower_ : of_higher_;
    }

private:
    double middle_ = 0;  // removing a value below, at or above it gives:
    double of_lower_ = 0;
    double of_equal_ = 0;
    double of_higher_ = 0;
};

/// Input: a gauge that the POPs of a stream have in common, in any unit. Outputs, for each new point that a look finds
/// (the newest, when several have come):
///   difference  value - reference, in the input's unit
///   reference   median, lowest or highest of the others' newest values
///   score       difference / max(floor, relative_floor |reference|)
///   others      how many there were, >= min_peers
/// The median of the others (Hampel 1974, "The influence curve and its role in robust estimation", JASA 69) is that of
/// health as long as fewer than half of them are at fault. With one other nobody can tell which of the two is; with two
/// the median is their mean.
struct Peer {
    using Settings = PeerSettings;
    static constexpr std::array<std::string_view, 4> kOutputs{"difference", "reference", "score", "others"};
    using Outputs = std::array<double, kOutputs.size()>;

    static Outputs outputs(const Settings& settings, const Others& others, double value, std::size_t count) noexcept {
        const double reference = others.without(value);
        const double difference = value - reference;
        const double scale = std::fmax(settings.floor, settings.relative_floor * std::abs(reference));
        return {difference, reference, difference / scale, static_cast<double>(count)};
    }
};

}  // namespace outrider::rules
