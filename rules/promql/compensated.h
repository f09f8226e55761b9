// Sums that keep what rounding takes away.
#pragma once

#include <cmath>

namespace outrider::rules::promql {

/// A sum after Kahan and Neumaier: `rest` is what the additions so far have rounded off `sum`.
///
/// The error of an addition is taken by Knuth's TwoSum, six additions without a branch. Like Neumaier's two cases it is
/// exact, so the results are those of Prometheus, bit for bit, while the processor works on several points at once.
/// Only an overflow leaves rubbish in `rest`; Prometheus has 0 there, so it is ignored then.
struct CompensatedSum {
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

/// The same step by step for those that look at the sum on the way: `rest` is always good.
struct NeumaierSum {
    double sum = 0;
    double rest = 0;

    void add(double value) noexcept {
        const double total = sum + value;
        if (std::isinf(total)) {
            rest = 0;
        } else if (std::fabs(sum) >= std::fabs(value)) {
            rest += (sum - total) + value;
        } else {
            rest += (value - total) + sum;
        }
        sum = total;
    }

    [[nodiscard]] double value() const noexcept { return sum + rest; }
};

/// Arithmetic mean of what is added one by one: sum by count, but from where the sum would overflow on a mean that is
/// carried along.
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
            sum_.rest /= count_ - 1;
        }
        const double weight = (count_ - 1) / count_;
        sum_.sum *= weight;
        sum_.rest *= weight;
        sum_.add(value / count_);
    }

    /// NaN when nothing was added.
    [[nodiscard]] double value() const noexcept {
        return carried_ ? sum_.value() : sum_.sum / count_ + sum_.rest / count_;
    }

private:
    NeumaierSum sum_;
    double count_ = 0;
    bool carried_ = false;  // sum_ is the mean
};

}  // namespace outrider::rules::promql
