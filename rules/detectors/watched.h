// The series that a detector watches, each with what the detector remembers of it.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

#include "rules/detectors/detector.h"
#include "rules/detectors/output_series.h"

namespace outrider::rules {

/// State of Kind for each series of a selection, in its order. Follows the selection as series come and go.
template <class Kind, class State>
class Watched {
public:
    struct Entry {
        const Series* input = nullptr;
        const Labels* labels = nullptr;  // of the input
        std::uint64_t fingerprint = 0;   // of the labels: an address may come to mean another set after a sweep
        Instant seen = Instant::min();   // time of the newest point taken in
        bool opened = false;             // outputs have been asked for
        bool live = false;               // something has been said, and not been ended
        std::array<Series*, Kind::kOutputs.size()> outputs{};
        State state{};
    };

    Watched(const DetectorSpec& spec, const Selection& selection, SeriesStore& store, OutputSeries& outputs)
        : spec_(&spec), selection_(&selection), store_(&store), outputs_(&outputs) {}

    /// Brings entries() up to date at the moment `at`; true when others are there than before.
    bool follow(Instant at) {
        const auto series = selection_->series();
        const auto same = [](const Entry& entry, const Series* input) {
            return entry.input == input && entry.labels == input->labels();
        };
        if (generation_ == store_->labels().generation() && std::ranges::equal(entries_, series, same)) return false;
        rebuild(series, at);
        return true;
    }

    /// In the order of the inputs' labels.
    [[nodiscard]] std::vector<Entry>& entries() noexcept { return entries_; }
    [[nodiscard]] const std::vector<Entry>& entries() const noexcept { return entries_; }

    void say(Entry& entry, Instant at, const typename Kind::Outputs& values) {
        for (std::size_t i = 0; i < values.size(); ++i) outputs_->append(entry.outputs[i], {at, values[i]});
        entry.live = true;
    }

    /// From `at` on there is nothing to say until the next say().
    void end(Entry& entry, Instant at) {
        if (!std::exchange(entry.live, false)) return;
        for (auto* const output : entry.outputs) outputs_->append(output, {at, kStale});
    }

    [[nodiscard]] std::size_t bytes() const noexcept { return entries_.capacity() * sizeof(Entry); }

private:
    void rebuild(std::span<const Series* const> series, Instant at) {
        const bool swept = generation_ != store_->labels().generation();
        generation_ = store_->labels().generation();
        std::unordered_map<const Labels*, std::size_t> known;
        for (std::size_t i = 0; i < entries_.size(); ++i) known.emplace(entries_[i].labels, i);
        std::vector<Entry> entries;
        entries.reserve(series.size());
        for (const auto* const input : series) {
            const auto* const labels = input->labels();
            const auto found = known.find(labels);
            if (found != known.end() && (!swept || entries_[found->second].fingerprint == labels->fingerprint())) {
                entries.push_back(std::move(entries_[found->second]));
                entries.back().input = input;
                known.erase(found);
            } else {
                entries.push_back({.input = input, .labels = labels, .fingerprint = labels->fingerprint()});
            }
        }
        // What is gone gives up its outputs before what is new claims them.
        for (const auto& [labels, index] : known) {
            end(entries_[index], at);
            for (auto* const output : entries_[index].outputs) outputs_->close(output);
        }
        entries_ = std::move(entries);
        for (auto& entry : entries_) {
            if (std::exchange(entry.opened, true)) continue;
            for (std::size_t i = 0; i < entry.outputs.size(); ++i)
                entry.outputs[i] = outputs_->open(*spec_, Kind::kOutputs[i], *entry.labels);
        }
    }

    const DetectorSpec* spec_;
    const Selection* selection_;
    SeriesStore* store_;
    OutputSeries* outputs_;
    std::uint64_t generation_ = 0;
    std::vector<Entry> entries_;
};

}  // namespace outrider::rules
