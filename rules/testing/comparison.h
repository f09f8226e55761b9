// What tests compare results with, and how they show the difference.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "outrider/labels.h"

namespace outrider::rules::testing {

/// Equal up to a relative difference of `epsilon`, as the acceptance scripts of Prometheus want it: 1e-6. NaN equals
/// NaN, an infinity itself, a stale marker nothing but a stale marker.
[[nodiscard]] bool almost_equal(double a, double b, double epsilon);

/// Equal, NaN and stale markers as above; with `fuzzy` also neighbours, whose mantissas differ in the last bit.
[[nodiscard]] bool same_value(double a, double b, bool fuzzy);

/// The shortest text that is read back as that number; `NaN`, `+Inf`, `-Inf`, `stale`.
[[nodiscard]] std::string value_text(double value);

/// The values of a series at the steps of a query, `_` where there is none.
[[nodiscard]] std::string values_text(const std::vector<std::optional<double>>& values);

/// `name{a="b"}`, the name in front of its braces when there is one.
[[nodiscard]] std::string series_text(const Labels& labels);

/// One line of an expectation or a result: what it is about, and what it says of it.
struct Line {
    std::string subject;
    std::string said;
    friend auto operator<=>(const Line&, const Line&) = default;
};

/// Both lists in one, sorted by subject: `-` is expected and not there, `+` is there and not expected, the rest agrees.
/// `equal` are pairs of indices (expected, got). Indented, each line ends in a newline.
[[nodiscard]] std::string difference(const std::vector<Line>& expected, const std::vector<Line>& got,
                                     const std::vector<std::pair<std::size_t, std::size_t>>& equal);

/// Both lists one above the other, in their own order.
[[nodiscard]] std::string both(const std::vector<Line>& expected, const std::vector<Line>& got);

}  // namespace outrider::rules::testing
