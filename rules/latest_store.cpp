#include "rules/latest_store.h"

#include <algorithm>
#include <utility>

namespace outrider::rules {

void LatestStore::set_targets(std::shared_ptr<const TargetList> targets) {
    targets_ = std::move(targets);
    slots_.assign(targets_->size(), {});
    series_count_ = 0;
}

bool LatestStore::append(const Sample& sample) {
    const auto index = static_cast<std::size_t>(sample.target);
    if (index >= slots_.size() || sample.at <= slots_[index].newest) return false;
    auto& slot = slots_[index];
    slot.newest = sample.at;
    const auto before = slot.series.size();
    for (std::size_t i = 0; i < sample.readings.size(); ++i) {
        auto& series = series_for(slot, (*targets_)[index], sample.readings[i], i);
        series.at = sample.at;
        series.value = sample.readings[i].value;
    }
    series_count_ += slot.series.size() - before;
    return true;
}

LatestStore::Series& LatestStore::series_for(Slot& slot, const Target& target, const Reading& reading,
                                             std::size_t hint) {
    const auto is_it = [&](const Series& s) { return s.metric == reading.metric && s.extra == reading.extra; };
    // A session reports in the same order each time, so the place of the reading is nearly always the series' own.
    if (hint < slot.series.size() && is_it(slot.series[hint])) return slot.series[hint];
    if (const auto found = std::ranges::find_if(slot.series, is_it); found != slot.series.end()) return *found;
    auto labels = labels_of(target);
    if (!reading.extra.empty()) labels.set(info(reading.metric).extra_label, reading.extra.view());
    slot.series.push_back({.metric = reading.metric, .extra = reading.extra, .labels = std::move(labels)});
    return slot.series.back();
}

std::vector<Element> LatestStore::select(const comparison::Selector& selector, Instant at) const {
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

std::optional<double> LatestStore::latest(TargetId target, Metric metric, Instant at) const {
    const auto index = static_cast<std::size_t>(target);
    if (index >= slots_.size() || !present(slots_[index], at)) return std::nullopt;
    for (const auto& series : slots_[index].series)
        if (series.metric == metric && series.extra.empty() && series.at == slots_[index].newest) return series.value;
    return std::nullopt;
}

}  // namespace outrider::rules
