// The engine's memory of what was measured: points of the series that somebody looks at, for as long as somebody looks
// back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "outrider/labels.h"
#include "outrider/time.h"
#include "rules/label_table.h"
#include "rules/promql/matcher.h"
#include "rules/series.h"

namespace outrider::rules {

/// What a selector selects, kept up to date by the store as series come and go.
class Selection {
public:
    /// In the order of their labels.
    [[nodiscard]] std::span<const Series* const> series() const noexcept { return {members_.data(), members_.size()}; }
    /// Another one whenever they are others; above 0.
    [[nodiscard]] std::uint64_t version() const noexcept { return version_; }

private:
    friend class SeriesStore;
    promql::Matchers matchers_;
    Duration span_{};
    std::uint64_t version_ = 1;
    std::vector<const Series*> members_;
};

class SeriesStore {
public:
    /// `watched`: only series that a selection matches, trimmed to its span. `everything`: all, for good (tests of
    /// rules and of the language, where expressions come after the data).
    enum class Keep : std::uint8_t { watched, everything };

    explicit SeriesStore(Keep keep = Keep::watched);
    SeriesStore(const SeriesStore&) = delete;
    SeriesStore& operator=(const SeriesStore&) = delete;
    SeriesStore(SeriesStore&&) noexcept;
    SeriesStore& operator=(SeriesStore&&) noexcept;
    ~SeriesStore();

    /// The selection of those matchers; equal matchers share one. From now on `span` of history is kept for it before
    /// each moment given to advance(). The reference lives as long as the store.
    const Selection& watch(const promql::Matchers& matchers, Duration span);

    /// The series of those labels, for appending, until close(); nullptr when no selection matches it.
    [[nodiscard]] Series* open(const Labels& labels);
    /// Nobody will append any more. Once its last point is out of everybody's sight, the series is dropped.
    void close(Series* series);

    /// False, and nothing done, unless `point` is newer than the series's newest.
    bool append(Series& series, Point point);

    /// Evaluations from now on are as of `at` or later; what only earlier ones could see may go. Looks back `lookback`
    /// for the series that were closed.
    void advance(Instant at, Duration lookback);

    [[nodiscard]] LabelTable& labels() noexcept { return labels_; }
    [[nodiscard]] std::size_t series_count() const noexcept { return series_.size(); }
    /// Bytes of series and their points, capacity not in use included; labels not.
    [[nodiscard]] std::size_t bytes() const noexcept;

private:
    /// Makes it a member of the selections that match; false when nobody wants it.
    bool join(Series& series);
    void leave(const Series& series);
    void sweep_labels();

    Keep keep_;
    LabelTable labels_;
    Instant now_{};
    std::unordered_map<const Labels*, std::unique_ptr<Series>> series_;
    std::vector<std::unique_ptr<Selection>> selections_;
    std::unordered_map<std::string, std::vector<Selection*>> by_name_;  // those whose metric's name is given
    std::vector<Selection*> nameless_;
    std::vector<Series*> closed_;
    Instant swept_at_{};            // when labels_ was swept last,
    std::size_t settled_size_ = 0;  // and its size when it had filled again
};

}  // namespace outrider::rules
