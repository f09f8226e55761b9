#include "probes/meters/cadence.h"

#include <algorithm>

namespace outrider::probes {

void RateWindow::note(Instant at, double total) {
    if (count_ > 0 && at - marks_[(count_ - 1) % marks_.size()].at < kSpacing) return;
    marks_[count_++ % marks_.size()] = {at, total};
}

std::optional<double> RateWindow::per_second() const {
    if (count_ < 2) return std::nullopt;
    const auto& last = marks_[(count_ - 1) % marks_.size()];
    const auto kept = std::min(count_, marks_.size());
    // The youngest mark that is old enough: the window is 5 seconds, not all that is kept.
    for (std::size_t back = 2; back <= kept; ++back) {
        const auto& mark = marks_[(count_ - back) % marks_.size()];
        if (last.at - mark.at >= kSpan) return (last.total - mark.total) / seconds(last.at - mark.at);
    }
    return std::nullopt;
}

void CadenceMeter::on_unit(const MediaUnit& unit) {
    if (unit.kind != TrackKind::video) return;
    ++frames_;
    if (last_arrival_) longest_ = std::max(longest_, unit.arrival - *last_arrival_);
    last_arrival_ = unit.arrival;
    if (!unit.keyframe) return;
    if (last_keyframe_ && unit.dts > *last_keyframe_) keyframe_interval_ = unit.dts - *last_keyframe_;
    last_keyframe_ = unit.dts;
}

std::optional<Duration> CadenceMeter::take_gap(Instant at) {
    if (!last_arrival_) return std::nullopt;
    const auto gap = std::max(longest_, at - *last_arrival_);
    longest_ = Duration{0};
    return gap;
}

}  // namespace outrider::probes
