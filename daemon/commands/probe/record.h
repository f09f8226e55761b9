// What `outrider probe` remembers of one target over the whole run. Pure.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "outrider/sample.h"
#include "outrider/target.h"
#include "outrider/time.h"
#include "outrider/trace.h"

namespace outrider::app {

/// Growth of two counters that belong together over the last 5 seconds.
class RecentGrowth {
public:
    /// Times must not go back. A counter that went back begins anew.
    void note(Instant at, double whole, double part = 0);
    /// Growth of `whole` a second; nullopt until one second was seen.
    [[nodiscard]] std::optional<double> per_second() const;
    /// Growth of `part` over growth of `whole`; nullopt until 5 seconds were seen, or while `whole` stands.
    [[nodiscard]] std::optional<double> ratio() const;

private:
    struct Mark {
        Instant at{};
        double whole = 0;
        double part = 0;
    };
    std::deque<Mark> marks_;  // oldest first; at most one of them more than 5 s older than the newest
};

/// Packets of one layer.
struct LossAccount {
    double expected = 0;
    double lost = 0;
    std::optional<double> worst_window;  ///< 0 to 1, of any 5 seconds
    RecentGrowth recent;

    /// Lost of all, 0 to 1; 0 when none were expected.
    [[nodiscard]] double ratio() const noexcept { return expected > 0 ? lost / expected : 0; }
    /// The worst 5 seconds, or the whole run when it was shorter than that or worse.
    [[nodiscard]] double worst() const noexcept;
};

/// The newest of what happened to a target.
struct TraceTail {
    std::deque<TraceEvent> events;  ///< oldest first, at most 1000
    std::uint64_t newest = 0;       ///< number of the newest event

    void take(const TraceEvent& event);
};

struct ProbeRecord {
    Target target;
    std::string url;   ///< as it may be shown
    std::string name;  ///< short, and no other target's: what tables and verdicts call it

    std::optional<Sample> newest{};
    std::optional<double> worst_lag{};    ///< seconds
    std::optional<double> worst_gap{};    ///< seconds
    std::optional<double> peak_buffer{};  ///< seconds: the most that the viewer with the least buffer held
    std::map<std::string, LossAccount, std::less<>> losses{};  ///< by layer
    RecentGrowth bytes{};
    bool played = false;            ///< media came, or a path answered
    Outcome last_failure{};         ///< ok: none
    Outcome failed_before_media{};  ///< ok: the first connection was the good one
    Outcome lost_after_media{};     ///< ok: no connection was lost
    TraceTail trace{};              ///< empty unless asked for

    void take(const Sample& sample);

    /// The newest value of a metric; nullopt when absent.
    [[nodiscard]] std::optional<double> value(Metric metric, std::string_view extra = {}) const;
    /// The same by full name, for metrics that this program may not have; nullopt then too.
    [[nodiscard]] std::optional<double> value_of(std::string_view metric_name) const;
    /// Values that a metric's extra label has in the newest sample.
    [[nodiscard]] std::vector<std::string> extras(Metric metric) const;
    /// Connections begun; nullopt when the protocol has none.
    [[nodiscard]] std::optional<double> tries() const { return value(Metric::connections_total); }
    [[nodiscard]] std::optional<double> bits_per_second() const;
    /// True for a path to a POP, which has no media.
    [[nodiscard]] bool is_path() const { return target.protocol == "path"; }
    /// The viewer with the least buffer; nullptr when there is none.
    [[nodiscard]] const ViewerSpec* smallest_viewer() const;
};

}  // namespace outrider::app
