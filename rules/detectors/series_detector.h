// Detectors that look at each series by itself.
#pragma once

#include <algorithm>
#include <concepts>
#include <memory>
#include <optional>
#include <span>
#include <utility>

#include "rules/detectors/detector.h"
#include "rules/detectors/output_series.h"
#include "rules/detectors/usable.h"
#include "rules/detectors/watched.h"

namespace outrider::rules {

/// The most that a detector may remember of one series.
inline constexpr std::size_t kMostState = 128;

/// Says something of each point.
template <class Kind>
concept JudgesPoints = requires(Kind state, const typename Kind::Settings& settings, Instant at, double value) {
    { state.update(settings, at, value) } -> std::same_as<std::optional<typename Kind::Outputs>>;
};

/// Says something at each tick.
template <class Kind>
concept JudgesMoments = requires(Kind state, const typename Kind::Settings& settings, Instant at, double value) {
    state.update(settings, at, value);
    { state.outputs(at) } -> std::same_as<std::optional<typename Kind::Outputs>>;
};

/// The points with from < at <= to.
[[nodiscard]] inline std::span<const Point> points_between(const Series& series, Instant from, Instant to) {
    const auto points = series.points();
    if (points.empty() || points.back().at <= from) return {};
    const auto first = std::ranges::upper_bound(points, from, {}, &Point::at);
    return {first, std::ranges::upper_bound(first, points.end(), to, {}, &Point::at)};
}

template <class Kind>
class RunningSeriesDetector final : public RunningDetector {
    static_assert(JudgesPoints<Kind> || JudgesMoments<Kind>);
    static_assert(sizeof(Kind) <= kMostState);

public:
    RunningSeriesDetector(const typename Kind::Settings& settings, Watched<Kind, Kind> watched)
        : settings_(settings), watched_(std::move(watched)) {}

    void run(Instant at) override {
        watched_.follow(at);
        for (auto& entry : watched_.entries()) {
            for (const auto& point : points_between(*entry.input, entry.seen, at)) {
                entry.seen = point.at;
                take(entry, point);
            }
            if constexpr (JudgesMoments<Kind>)
                if (const auto outputs = entry.state.outputs(at)) watched_.say(entry, at, *outputs);
        }
    }

    [[nodiscard]] std::size_t series_count() const noexcept override { return watched_.entries().size(); }
    [[nodiscard]] std::size_t bytes() const noexcept override { return sizeof(*this) + watched_.bytes(); }

private:
    using Entry = typename Watched<Kind, Kind>::Entry;

    void take(Entry& entry, const Point& point) {
        if constexpr (JudgesMoments<Kind>) {
            entry.state.update(settings_, point.at, point.value);  // a stale marker is not usable
        } else if (is_stale(point.value)) {
            watched_.end(entry, point.at);
        } else if (usable(point.value)) {
            if (const auto outputs = entry.state.update(settings_, point.at, point.value)) {
                watched_.say(entry, point.at, *outputs);
            } else {
                watched_.end(entry, point.at);
            }
        }
    }

    typename Kind::Settings settings_;
    Watched<Kind, Kind> watched_;
};

template <class Kind>
class SeriesDetector final : public Detector {
public:
    explicit SeriesDetector(const typename Kind::Settings& settings) : settings_(settings) {}

    [[nodiscard]] std::span<const std::string_view> outputs() const noexcept override { return Kind::kOutputs; }
    [[nodiscard]] std::unique_ptr<RunningDetector> start(const DetectorSpec& spec, const Selection& input,
                                                         SeriesStore& store, OutputSeries& outputs) const override {
        return std::make_unique<RunningSeriesDetector<Kind>>(settings_,
                                                             Watched<Kind, Kind>{spec, input, store, outputs});
    }

private:
    typename Kind::Settings settings_;
};

}  // namespace outrider::rules
