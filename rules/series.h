// One series: a label set and its points, oldest first.
#pragma once

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "outrider/labels.h"
#include "outrider/time.h"

namespace outrider::rules {

struct Point {
    Instant at{};
    double value = 0;
    friend bool operator==(const Point&, const Point&) = default;
};

/// The value of a point that says "from here on there is no series": the NaN that Prometheus uses for it.
inline const double kStale = std::bit_cast<double>(std::uint64_t{0x7ff0000000000002});

[[nodiscard]] inline bool is_stale(double value) noexcept {
    return std::bit_cast<std::uint64_t>(value) == std::bit_cast<std::uint64_t>(kStale);
}

/// Its points lie in one piece of memory: a window of time is a span. Made and owned by SeriesStore.
class Series {
public:
    explicit Series(const Labels* labels) : labels_(labels) {}

    /// Interned, the metric's name among them.
    [[nodiscard]] const Labels* labels() const noexcept { return labels_; }

    /// Oldest first, times rise strictly, stale markers among them.
    [[nodiscard]] std::span<const Point> points() const noexcept {
        return {points_.data() + first_, points_.size() - first_};
    }

    /// The newest point with from < at <= to, stale markers included; nullptr when there is none.
    [[nodiscard]] const Point* newest(Instant from, Instant to) const noexcept;

    /// The points with from < at <= to; without stale markers. `scratch` holds them when they had to be copied.
    [[nodiscard]] std::span<const Point> window(Instant from, Instant to, std::vector<Point>& scratch) const;

    [[nodiscard]] std::size_t bytes() const noexcept { return sizeof(*this) + points_.capacity() * sizeof(Point); }

private:
    friend class SeriesStore;
    [[nodiscard]] bool append(Point point);
    /// Drops what no look from `horizon` on can see; the newest point at or before it stays, for look-backs.
    void trim(Instant horizon);
    void compact();

    const Labels* labels_;
    std::vector<Point> points_;
    std::size_t first_ = 0;      // points before it are dropped, and cleared away now and then
    std::size_t stale_ = 0;      // markers among points()
    Duration span_{};            // how much history its watchers look at
    std::uint32_t holders_ = 0;  // open() less close()
    bool closed_ = false;        // among those that the store looks at for dropping
};

}  // namespace outrider::rules
