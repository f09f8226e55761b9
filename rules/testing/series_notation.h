// How tests of rules write series: promtool's notation, `name{label="value"} 1+2x3 _ stale`.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "outrider/labels.h"

namespace outrider::rules::testing {

/// No series of a test is longer: what repeats without end is a mistake.
inline constexpr std::size_t kMaxValues = 1'000'000;

struct NotationError {
    std::size_t offset = 0;  ///< of the offending byte in the text, at most its size
    std::string message;     ///< what was wanted and what was found
};

/// Steps one behind the other: first, first + 1, …
struct StepRun {
    std::size_t first = 0;
    std::size_t count = 0;
    friend bool operator==(const StepRun&, const StepRun&) = default;
};

/// What a series holds at 0, 1, 2, … steps.
struct Values {
    std::vector<std::optional<double>> points;  ///< nullopt: no point; kStale: a stale marker
    /// Where native histograms are, which we do not have: nullopt in `points`. In order, none touches the next.
    std::vector<StepRun> histograms;
};

/// The values alone:
///
///     5  -.5e3  Inf  NaN   a number                    4x2      4 4 4
///     _                    no point                    1+2x3    1 3 5 7
///     stale                a stale marker              -2-3x2   -2 -5 -8
///     {{…}}                a native histogram          _x3      _ _ _
///
/// As in promtool `0x5` is six zeros, never hexadecimal, `010` is 8, `1_000` is 1000, and `NaN`, `Inf` and `stale`
/// repeat no `x`.
[[nodiscard]] std::variant<Values, NotationError> parse_values(std::string_view text);

struct TestSeries {
    Labels labels;
    Values values;
};

/// A series and its values, of which there may be none.
[[nodiscard]] std::variant<TestSeries, NotationError> parse_test_series(std::string_view text);

}  // namespace outrider::rules::testing
