#include "rules/series_store.h"

#include <algorithm>
#include <utility>

namespace outrider::rules {

void SeriesStore::set_targets(std::shared_ptr<const TargetList> targets) {
    targets_ = std::move(targets);
    slots_.assign(targets_->size(), {});
    series_count_ = 0;
}

bool SeriesStore::append(const Sample& sample) {
    const auto index = static_cast<std::size_t>(sample.target);
    if (index >= slots_.size() || sample.at <= slots_[index].newest) return false;
    auto& slot = slots_[index];
    slot.newest = sample.at;
    const auto before = slot.series.size();
    slot.places.resize(sample.readings.size());
    for (std::size_t i = 0; i < sample.readings.size(); ++i) {
        auto& series = series_for(slot, (*targets_)[index], sample.readings[i], slot.places[i]);
        series.at = sample.at;
        series.value = sample.readings[i].value;
    }
    series_count_ += slot.series.size() - before;
    return true;
}

/// A session reports in the same order each time, so the place of a reading is nearly always that of the reading before
/// it in time; not its number in the sample, because the first samples of a session lack many readings.
SeriesStore::Series& SeriesStore::series_for(Slot& slot, const Target& target, const Reading& reading,
                                             std::size_t& place) {
    const auto is_it = [&](const Series& s) { return s.metric == reading.metric && s.extra == reading.extra; };
    if (place < slot.series.size() && is_it(slot.series[place])) return slot.series[place];
    const auto found = std::ranges::find_if(slot.series, is_it);
    place = static_cast<std::size_t>(found - slot.series.begin());
    if (found != slot.series.end()) return *found;
    auto labels = labels_of(target);
    if (!reading.extra.empty()) labels.set(info(reading.metric).extra_label, reading.extra.view());
    slot.series.push_back({.metric = reading.metric, .extra = reading.extra, .labels = std::move(labels)});
    return slot.series.back();
}

std::vector<Element> SeriesStore::select(const promql::Selector& selector, Instant at) const {
    std::vector<Element> found;
    const auto metric = metric_named(selector.metric);
    if (!metric) return found;
    const auto matches = [&](const Labels& labels) {
        return std::ranges::all_of(selector.matchers, [&](const auto& matcher) { return matcher.matches(labels); });
    };
    for (const auto& slot : slots_) {
        if (!present(slot, at)) continue;
        for (const auto& series : slot.series)
            if (series.metric == *metric && series.at == slot.newest && matches(series.labels))
                found.push_back({.labels = &series.labels, .value = series.value});
    }
    return found;
}

std::optional<double> SeriesStore::latest(TargetId target, Metric metric, Instant at) const {
    const auto index = static_cast<std::size_t>(target);
    if (index >= slots_.size() || !present(slots_[index], at)) return std::nullopt;
    for (const auto& series : slots_[index].series)
        if (series.metric == metric && series.extra.empty() && series.at == slots_[index].newest) return series.value;
    return std::nullopt;
}

}  // namespace outrider::rules
