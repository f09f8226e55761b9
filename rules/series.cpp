#include "rules/series.h"

#include <algorithm>
#include <iterator>

namespace outrider::rules {
namespace {

// Dropped points are cleared away once there are this many, and at least a third of all: a point is then moved twice
// in its life at most, and a third of the memory lies idle at worst.
constexpr std::size_t kIdle = 8;

}  // namespace

const Point* Series::newest(Instant from, Instant to) const noexcept {
    const auto all = points();
    auto end = all.end();
    // The newest of all is nearly always the one.
    if (!all.empty() && all.back().at > to) end = std::ranges::upper_bound(all, to, {}, &Point::at);
    if (end == all.begin() || std::prev(end)->at <= from) return nullptr;
    return &*std::prev(end);
}

std::span<const Point> Series::window(Instant from, Instant to, std::vector<Point>& scratch) const {
    const auto all = points();
    auto begin = std::ranges::upper_bound(all, from, {}, &Point::at);
    auto end = all.end();
    if (!all.empty() && all.back().at > to) end = std::ranges::upper_bound(begin, all.end(), to, {}, &Point::at);
    if (end < begin) end = begin;
    const std::span<const Point> whole{begin, end};
    if (stale_ == 0) return whole;
    scratch.clear();
    std::ranges::copy_if(whole, std::back_inserter(scratch), [](const Point& point) { return !is_stale(point.value); });
    if (scratch.size() == whole.size()) return whole;
    return scratch;
}

bool Series::append(Point point) {
    if (points_.size() > first_ && point.at <= points_.back().at) return false;
    if (is_stale(point.value)) ++stale_;
    if (points_.size() == points_.capacity() && first_ > 0) compact();
    points_.push_back(point);
    return true;
}

void Series::compact() {
    points_.erase(points_.begin(), points_.begin() + static_cast<std::ptrdiff_t>(first_));
    first_ = 0;
}

void Series::trim(Instant horizon) {
    while (points_.size() - first_ >= 2 && points_[first_ + 1].at <= horizon) {
        if (is_stale(points_[first_].value)) --stale_;
        ++first_;
    }
    if (first_ >= kIdle && first_ * 3 >= points_.size()) compact();
}

}  // namespace outrider::rules
