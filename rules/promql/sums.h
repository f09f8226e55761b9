// Sums and means that do not lose small addends to big ones.
#pragma once

#include <cmath>

namespace outrider::rules::promql {

/// Kahan's summation in Neumaier's version: what rounding takes off the sum is kept beside it.
/// A. Neumaier, Rundungsfehleranalyse einiger Verfahren zur Summation endlicher Summen, ZAMM 54 (1974).
struct CompensatedSum {
    double sum = 0;
    double lost = 0;

    void add(double value) noexcept {
        const auto total = sum + value;
        if (std::isinf(total)) {
            lost = 0;
        } else if (std::abs(sum) >= std::abs(value)) {
            lost += (sum - total) + value;
        } else {
            lost += (value - total) + sum;
        }
        sum = total;
    }
    [[nodiscard]] double value() const noexcept { return sum + lost; }
};

/// Arithmetic mean. The sum divided by the count, but from where the sum would overflow on a mean carried along.
class CompensatedMean {
public:
    void add(double value) noexcept {
        count_ += 1;
        if (!carried_) {
            auto next = sum_;
            next.add(value);
            if (count_ == 1 || !std::isinf(next.sum)) {
                sum_ = next;
                return;
            }
            carried_ = true;
            sum_.sum /= count_ - 1;
            sum_.lost /= count_ - 1;
        }
        const auto weight = (count_ - 1) / count_;
        sum_.sum *= weight;
        sum_.lost *= weight;
        sum_.add(value / count_);
    }
    /// NaN when nothing was added.
    [[nodiscard]] double value() const noexcept {
        return carried_ ? sum_.value() : sum_.sum / count_ + sum_.lost / count_;
    }

private:
    CompensatedSum sum_;
    double count_ = 0;
    bool carried_ = false;  // sum_ is the mean
};

}  // namespace outrider::rules::promql
