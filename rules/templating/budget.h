// What one expansion may cost: templates come from files, labels from anywhere, and neither may hold up an alert.
#pragma once

#include <cstddef>

namespace outrider::rules::templating {

/// The longest text that a template, a string within it, or its result may be.
inline constexpr std::size_t kLongestSource = 64 << 10;
inline constexpr std::size_t kLongestText = 1 << 20;

/// How many maps may stand in each other: printing and freeing them is recursive.
inline constexpr std::size_t kDeepestMap = 32;

/// One unit is a byte copied, a node visited, or four instructions of a regular expression on one byte: some ten
/// nanoseconds. All of it is about a tenth of a second, a second for the worst of regular expressions.
class Budget {
public:
    /// False once it is used up.
    [[nodiscard]] bool spend(std::size_t units) noexcept {
        left_ -= units < left_ ? units : left_;
        return left_ > 0;
    }

private:
    std::size_t left_ = 16 << 20;
};

}  // namespace outrider::rules::templating
