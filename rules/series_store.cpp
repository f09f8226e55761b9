#include "rules/series_store.h"

#include <algorithm>
#include <utility>

namespace outrider::rules {
namespace {

using promql::kMetricName;
using promql::Matchers;

// The table of label sets is swept when it is twice the size, and some, that it had when every rule had been evaluated
// after the last sweep.
constexpr std::size_t kSweepFrom = 4096;
constexpr Duration kSettle = std::chrono::minutes{1};

bool before(const Series* a, const Series* b) { return *a->labels() < *b->labels(); }

}  // namespace

SeriesStore::SeriesStore(Keep keep) : keep_(keep) {}
SeriesStore::SeriesStore(SeriesStore&&) noexcept = default;
SeriesStore& SeriesStore::operator=(SeriesStore&&) noexcept = default;
SeriesStore::~SeriesStore() = default;

const Selection& SeriesStore::watch(const Matchers& matchers, Duration span) {
    const auto known = std::ranges::find_if(selections_, [&](const auto& s) { return s->matchers_ == matchers; });
    Selection* selection = nullptr;
    if (known == selections_.end()) {
        selections_.push_back(std::make_unique<Selection>());
        selection = selections_.back().get();
        selection->matchers_ = matchers;
        const std::string metric{promql::metric_of(matchers)};
        (metric.empty() ? nameless_ : by_name_[metric]).push_back(selection);
        for (const auto& [labels, series] : series_)
            if (promql::matches(matchers, *labels)) selection->members_.push_back(series.get());
        std::ranges::sort(selection->members_, before);
    } else {
        selection = known->get();
    }
    selection->span_ = std::max(selection->span_, span);
    for (const auto* member : selection->members_) {
        auto& series = *series_.at(member->labels());
        series.span_ = std::max(series.span_, span);
    }
    return *selection;
}

bool SeriesStore::join(Series& series) {
    bool wanted = false;
    const auto offer = [&](Selection& selection) {
        if (!promql::matches(selection.matchers_, *series.labels())) return;
        wanted = true;
        series.span_ = std::max(series.span_, selection.span_);
        auto& members = selection.members_;
        members.insert(std::ranges::upper_bound(members, &series, before), &series);
        ++selection.version_;
    };
    if (const auto named = by_name_.find(std::string{series.labels()->value_of(kMetricName)}); named != by_name_.end())
        for (auto* selection : named->second) offer(*selection);
    for (auto* selection : nameless_) offer(*selection);
    return wanted || keep_ == Keep::everything;
}

void SeriesStore::leave(const Series& series) {
    for (auto& selection : selections_) {
        auto& members = selection->members_;
        const auto at = std::ranges::lower_bound(members, &series, before);
        if (at == members.end() || *at != &series) continue;
        members.erase(at);
        ++selection->version_;
    }
}

Series* SeriesStore::open(const Labels& labels) {
    const auto* interned = labels_.intern(labels);
    auto found = series_.find(interned);
    if (found == series_.end()) {
        auto series = std::make_unique<Series>(interned);
        if (!join(*series)) return nullptr;
        found = series_.emplace(interned, std::move(series)).first;
    }
    ++found->second->holders_;
    return found->second.get();
}

void SeriesStore::close(Series* series) {
    if (--series->holders_ > 0 || series->closed_ || keep_ == Keep::everything) return;
    series->closed_ = true;
    closed_.push_back(series);
}

bool SeriesStore::append(Series& series, Point point) {
    if (!series.append(point)) return false;
    if (keep_ == Keep::watched) series.trim(now_ - series.span_);
    return true;
}

void SeriesStore::advance(Instant at, Duration lookback) {
    now_ = std::max(now_, at);
    std::erase_if(closed_, [&](Series* series) {
        if (series->holders_ > 0) {  // opened again
            series->closed_ = false;
            return true;
        }
        const auto points = series->points();
        if (!points.empty() && points.back().at > now_ - series->span_ - lookback) return false;
        leave(*series);
        series_.erase(series->labels());
        return true;
    });
    sweep_labels();
}

void SeriesStore::sweep_labels() {
    if (now_ - swept_at_ < kSettle) {
        settled_size_ = std::max(settled_size_, labels_.size());
    } else if (labels_.size() >= kSweepFrom + 2 * settled_size_) {
        labels_.sweep([&](const Labels* labels) { return series_.contains(labels); });
        swept_at_ = now_;
        settled_size_ = 0;
    }
}

std::size_t SeriesStore::bytes() const noexcept {
    std::size_t sum = 0;
    for (const auto& [labels, series] : series_) sum += series->bytes();
    return sum;
}

}  // namespace outrider::rules
