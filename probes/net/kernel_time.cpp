#include "probes/net/kernel_time.h"

#include <algorithm>

namespace outrider::probes {

Instant KernelTime::arrival(Instant stamp, Instant read) {
    const auto gap = read - stamp;
    if (read - window_began_ >= kWindow) {
        least_before_ = read - window_began_ < 2 * kWindow ? least_ : std::nullopt;
        least_.reset();
        window_began_ = read;
    }
    least_ = std::min(least_.value_or(gap), gap);
    auto floor = std::min(*least_, least_before_.value_or(*least_));
    if (gap - floor > kStep) {
        least_before_.reset();
        least_ = floor = gap;
    }
    last_ = std::max(last_, std::min(stamp + floor, read));
    return last_;
}

}  // namespace outrider::probes
