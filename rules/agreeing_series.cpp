#include "rules/agreeing_series.h"

#include <cstddef>
#include <utility>

namespace outrider::rules {
namespace {

// Alerts of one rule mostly have the same label names. Where they do not, the shapes of so many sets are kept.
constexpr std::size_t kMostShapes = 16;

}  // namespace

std::string AgreeingSeries::key_of(const Labels& labels, const std::vector<std::string>& names) {
    std::string key;
    for (const auto& name : names) {
        key += labels.value_of(name);
        key += '\xFF';  // in no text of UTF-8
    }
    return key;
}

std::vector<AgreeingSeries::Shape>& AgreeingSeries::shapes_for(const Labels& labels) {
    if (version_ != selection_->version() || shapes_.size() > kMostShapes) shapes_.clear();
    version_ = selection_->version();
    std::vector<std::string> asked;
    for (const auto& [name, value] : labels) asked.push_back(name);
    const auto [place, is_new] = shapes_.try_emplace(std::move(asked));
    auto& shapes = place->second;
    if (!is_new) return shapes;
    for (const auto* series : selection_->series()) {
        std::vector<std::string> shared;
        for (const auto& name : place->first)
            if (series->labels()->get(name)) shared.push_back(name);
        auto shape = std::ranges::find(shapes, shared, &Shape::names);
        if (shape == shapes.end()) shape = shapes.insert(shape, Shape{.names = std::move(shared), .series = {}});
        shape->series[key_of(*series->labels(), shape->names)].push_back(series);
    }
    return shapes;
}

}  // namespace outrider::rules
