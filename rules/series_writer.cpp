#include "rules/series_writer.h"

namespace outrider::rules {

SeriesWriter::Entry* SeriesWriter::entry_of(const Labels& labels) {
    const auto [place, is_new] = entries_.try_emplace(labels);
    if (is_new) place->second.series = store_->open(labels);
    return &place->second;
}

Status SeriesWriter::append(std::span<const promql::Element> elements, Instant at) {
    const Series* refused = nullptr;
    for (std::size_t i = 0; i < elements.size(); ++i) {
        auto* series = places_[i]->series;
        if (series != nullptr && !store_->append(*series, {at, elements[i].value})) refused = series;
    }
    const auto gone = std::erase_if(entries_, [&](const auto& item) {
        const auto& entry = item.second;
        if (entry.round == round_) return false;
        if (entry.series != nullptr) {
            (void)store_->append(*entry.series, {.at = at, .value = kStale});
            store_->close(entry.series);
        }
        return true;
    });
    if (gone > 0) memo_ = {};  // it holds places of entries
    if (refused == nullptr) return Done{};
    return Error{"duplicate sample for timestamp: something else makes the series " + refused->labels()->to_string()};
}

}  // namespace outrider::rules
