// The compensated sum of many values at once.
#pragma once

#include <cmath>

namespace outrider::rules::promql {

/// The same numbers as CompensatedSum (sums.h) at a third of the time, for those that do not look at it on the way:
/// `rest` is what the additions so far have rounded off `sum`.
///
/// The error of each is taken by Knuth's TwoSum, six additions without a branch. Like Neumaier's two cases it is exact,
/// but the processor can work on several values at once. Only an overflow leaves rubbish in `rest`, where there should
/// be 0: it is ignored then.
struct WindowSum {
    double sum = 0;
    double rest = 0;

    void add(double value) noexcept {
        const double total = sum + value;
        const double virtual_value = total - sum;
        rest += (sum - (total - virtual_value)) + (value - virtual_value);
        sum = total;
    }

    [[nodiscard]] double value() const noexcept { return std::isinf(sum) ? sum : sum + rest; }
};

}  // namespace outrider::rules::promql
